#include "gateway/journal/table_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/array.h"
#include "gateway/model/record.h"
#include "gateway/journal/segment.h"

#define RELAXED memory_order_relaxed

/* Readers compare the journal's version before and after: see spool_stats.c. */
#define RELEASE memory_order_release

void
table_index_bind(struct table_index *index, struct table *table)
{
	struct segment_table *seg_table = index->first, *next;

	if (index->serial != table->serial || index->name[0] == '\0') {
		/* What the former table left behind is dead. */
		for (; seg_table != NULL; seg_table = next) {
			next = seg_table->next;
			assert(seg_table->records == 0);
			seg_table->index = NULL;
			seg_table->next = NULL;
		}
		index->first = index->last = NULL;
		index->wanted = false;
		atomic_store_explicit(&index->serial, 0, RELEASE);
		atomic_store_explicit(&index->recovered, 0, RELEASE);
		atomic_store_explicit(&index->accepted, 0, RELEASE);
		atomic_store_explicit(&index->acked, 0, RELEASE);
		atomic_store_explicit(&index->serial, table->serial, RELEASE);
		memcpy(index->name, table->options.name, sizeof index->name);
		atomic_store_explicit(&index->oldest_ms, INT64_MAX, RELAXED);
	}
	if (index->table == NULL) {
		table_hold(table);
		index->table = table;
	}
}

void
table_index_unbind(struct table_index *index, struct instant now)
{
	struct table *table = index->table;

	if (table == NULL || atomic_load_explicit(&index->records, RELAXED) > 0)
		return;
	index->table = NULL;
	table_release(table, now);
}

static void
insert(struct table_index *index, struct segment_table *seg_table)
{
	struct segment_table **link = &index->first;

	if (index->last != NULL &&
	    index->last->segment->epoch < seg_table->segment->epoch)
		link = &index->last->next;
	while (*link != NULL &&
	       (*link)->segment->epoch < seg_table->segment->epoch)
		link = &(*link)->next;
	seg_table->next = *link;
	*link = seg_table;
	if (seg_table->next == NULL)
		index->last = seg_table;
}

bool
table_index_add_entry(struct segment *segment, struct segment_table *seg_table)
{
	if (segment->table_count == SEGMENT_NO_TABLE ||
	    !array_reserve(&segment->tables, &segment->table_room,
		segment->table_count + 1, sizeof(struct segment_table *)))
		return false;
	seg_table->number = (uint16_t)segment->table_count;
	segment->tables[segment->table_count++] = seg_table;
	return true;
}

struct segment_table *
table_index_in_segment(struct table_index *index, struct segment *segment)
{
	struct segment_table *seg_table = index->last;

	/* Almost always the youngest; while recovering, any. */
	if (seg_table != NULL && seg_table->segment == segment)
		return seg_table;
	for (seg_table = index->first; seg_table != NULL;
	     seg_table = seg_table->next)
		if (seg_table->segment == segment)
			return seg_table;
	seg_table = calloc(1, sizeof *seg_table);
	if (seg_table == NULL)
		return NULL;
	seg_table->segment = segment;
	if (!table_index_add_entry(segment, seg_table)) {
		free(seg_table);
		return NULL;
	}
	seg_table->index = index;
	seg_table->accepted_ms = seg_table->earliest_ms = INT64_MAX;
	insert(index, seg_table);
	return seg_table;
}

/* The first record of the oldest segment in which something waits. */
static void
update_oldest(struct table_index *index)
{
	struct segment_table *seg_table = index->first;

	while (seg_table != NULL && seg_table->records == 0)
		seg_table = seg_table->next;
	atomic_store_explicit(&index->oldest_ms,
	    seg_table != NULL ? seg_table->accepted_ms : INT64_MAX, RELAXED);
}

void
table_index_add(
    struct segment_table *seg_table, uint32_t events, uint32_t bytes)
{
	struct table_index *index = seg_table->index;

	seg_table->records++;
	seg_table->events += events;
	seg_table->bytes += bytes;
	atomic_fetch_add_explicit(&index->records, 1, RELAXED);
	atomic_fetch_add_explicit(&index->events, events, RELEASE);
	atomic_fetch_add_explicit(&index->bytes, bytes, RELAXED);
	if (seg_table->records == 1)
		update_oldest(index);
}

uint64_t *
table_index_memory(struct table_index *index, const struct record *record)
{
	return record->ahead ? &index->ahead : &index->resident;
}

void
table_index_count_recovered(struct table_index *index, uint32_t events)
{
	atomic_fetch_add_explicit(&index->recovered, events, RELEASE);
}

void
table_index_count_accepted(struct table_index *index, uint32_t events)
{
	atomic_fetch_add_explicit(&index->accepted, events, RELEASE);
}

void
table_index_count_acked(struct table_index *index, uint32_t events)
{
	atomic_fetch_add_explicit(&index->acked, events, RELEASE);
}

static void
take_from(struct segment_table *seg_table, uint32_t events, uint32_t bytes)
{
	assert(seg_table->records > 0 && seg_table->events >= events);
	seg_table->records--;
	seg_table->events -= events;
	seg_table->bytes -= bytes;
}

void
table_index_drop(struct segment_table *seg_table, uint32_t events,
    uint32_t bytes, struct instant now)
{
	struct table_index *index = seg_table->index;

	take_from(seg_table, events, bytes);
	atomic_fetch_sub_explicit(&index->events, events, RELEASE);
	atomic_fetch_sub_explicit(&index->bytes, bytes, RELAXED);
	if (seg_table->records == 0)
		update_oldest(index);
	atomic_fetch_sub_explicit(&index->records, 1, RELAXED);
	table_index_unbind(index, now);
}

void
table_index_ack_part(struct segment_table *seg_table, uint32_t events)
{
	assert(seg_table->events >= events);
	seg_table->events -= events;
	atomic_fetch_sub_explicit(&seg_table->index->events, events, RELEASE);
}

void
table_index_move(struct segment_table *from, struct segment_table *to,
    uint32_t events, uint32_t bytes)
{
	take_from(from, events, bytes);
	to->records++;
	to->events += events;
	to->bytes += bytes;
	update_oldest(to->index);
}

void
table_index_set_on_disk(struct segment_table *seg_table, uint32_t ordinal)
{
	if (seg_table->on_disk++ == 0 || ordinal < seg_table->read_from)
		seg_table->read_from = ordinal;
	seg_table->index->on_disk++;
}

void
table_index_set_resident(struct segment_table *seg_table)
{
	assert(seg_table->on_disk > 0 && seg_table->index->on_disk > 0);
	seg_table->on_disk--;
	seg_table->index->on_disk--;
}

void
table_index_forget(struct segment_table *seg_table)
{
	struct table_index *index = seg_table->index;
	struct segment_table **link, *last = NULL;

	if (index == NULL)
		return;
	assert(seg_table->records == 0);
	for (link = &index->first; *link != seg_table; link = &(*link)->next)
		last = *link;
	*link = seg_table->next;
	if (index->last == seg_table)
		index->last = last;
	seg_table->index = NULL;
}
