#include "gateway/journal/table_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/model/record.h"
#include "gateway/journal/segment.h"

#define RELAXED memory_order_relaxed

/* Read between two looks at the journal's version: see spool_counts.c. */
#define RELEASE memory_order_release

void
table_index_bind(struct table_index *shelf, struct table *table)
{
	struct holding *holding = shelf->first, *next;

	if (shelf->serial != table->serial || shelf->name[0] == '\0') {
		/* What the former table left behind is dead. */
		for (; holding != NULL; holding = next) {
			next = holding->next;
			assert(holding->records == 0);
			holding->shelf = NULL;
			holding->next = NULL;
		}
		shelf->first = shelf->last = NULL;
		shelf->wanted = false;
		atomic_store_explicit(&shelf->serial, 0, RELEASE);
		atomic_store_explicit(&shelf->recovered, 0, RELEASE);
		atomic_store_explicit(&shelf->accepted, 0, RELEASE);
		atomic_store_explicit(&shelf->settled, 0, RELEASE);
		atomic_store_explicit(&shelf->serial, table->serial, RELEASE);
		memcpy(shelf->name, table->options.name, sizeof shelf->name);
		atomic_store_explicit(&shelf->oldest_ms, INT64_MAX, RELAXED);
	}
	if (shelf->table == NULL) {
		table_hold(table);
		shelf->table = table;
	}
}

void
table_index_unbind(struct table_index *shelf, struct instant now)
{
	struct table *table = shelf->table;

	if (table == NULL || atomic_load_explicit(&shelf->records, RELAXED) > 0)
		return;
	shelf->table = NULL;
	table_release(table, now);
}

static void
insert(struct table_index *shelf, struct holding *holding)
{
	struct holding **link = &shelf->first;

	if (shelf->last != NULL &&
	    shelf->last->segment->epoch < holding->segment->epoch)
		link = &shelf->last->next;
	while (
	    *link != NULL && (*link)->segment->epoch < holding->segment->epoch)
		link = &(*link)->next;
	holding->next = *link;
	*link = holding;
	if (holding->next == NULL)
		shelf->last = holding;
}

struct holding *
table_index_holding(struct table_index *shelf, struct segment *segment)
{
	struct holding *holding = shelf->last;

	/* Almost always the youngest; while recovering, any. */
	if (holding != NULL && holding->segment == segment)
		return holding;
	for (holding = shelf->first; holding != NULL; holding = holding->next)
		if (holding->segment == segment)
			return holding;
	holding = calloc(1, sizeof *holding);
	if (holding == NULL)
		return NULL;
	holding->segment = segment;
	if (!segment_add_holding(segment, holding)) {
		free(holding);
		return NULL;
	}
	holding->shelf = shelf;
	holding->accepted_ms = holding->earliest_ms = INT64_MAX;
	insert(shelf, holding);
	return holding;
}

/* The first record of the oldest segment in which something waits. */
static void
tell_oldest(struct table_index *shelf)
{
	struct holding *holding = shelf->first;

	while (holding != NULL && holding->records == 0)
		holding = holding->next;
	atomic_store_explicit(&shelf->oldest_ms,
	    holding != NULL ? holding->accepted_ms : INT64_MAX, RELAXED);
}

void
table_index_add(struct holding *holding, uint32_t events, uint32_t bytes)
{
	struct table_index *shelf = holding->shelf;

	holding->records++;
	holding->events += events;
	holding->bytes += bytes;
	atomic_fetch_add_explicit(&shelf->records, 1, RELAXED);
	atomic_fetch_add_explicit(&shelf->events, events, RELEASE);
	atomic_fetch_add_explicit(&shelf->bytes, bytes, RELAXED);
	if (holding->records == 1)
		tell_oldest(shelf);
}

uint64_t *
table_index_memory(struct table_index *shelf, const struct record *record)
{
	return record->ahead ? &shelf->ahead : &shelf->resident;
}

void
table_index_count_recovered(struct table_index *shelf, uint32_t events)
{
	atomic_fetch_add_explicit(&shelf->recovered, events, RELEASE);
}

void
table_index_count_accepted(struct table_index *shelf, uint32_t events)
{
	atomic_fetch_add_explicit(&shelf->accepted, events, RELEASE);
}

void
table_index_count_settled(struct table_index *shelf, uint32_t events)
{
	atomic_fetch_add_explicit(&shelf->settled, events, RELEASE);
}

static void
take_from(struct holding *holding, uint32_t events, uint32_t bytes)
{
	assert(holding->records > 0 && holding->events >= events);
	holding->records--;
	holding->events -= events;
	holding->bytes -= bytes;
}

void
table_index_drop(struct holding *holding, uint32_t events, uint32_t bytes,
    struct instant now)
{
	struct table_index *shelf = holding->shelf;

	take_from(holding, events, bytes);
	atomic_fetch_sub_explicit(&shelf->events, events, RELEASE);
	atomic_fetch_sub_explicit(&shelf->bytes, bytes, RELAXED);
	if (holding->records == 0)
		tell_oldest(shelf);
	atomic_fetch_sub_explicit(&shelf->records, 1, RELAXED);
	table_index_unbind(shelf, now);
}

void
table_index_settle_part(struct holding *holding, uint32_t events)
{
	assert(holding->events >= events);
	holding->events -= events;
	atomic_fetch_sub_explicit(&holding->shelf->events, events, RELEASE);
}

void
table_index_move(
    struct holding *from, struct holding *to, uint32_t events, uint32_t bytes)
{
	take_from(from, events, bytes);
	to->records++;
	to->events += events;
	to->bytes += bytes;
	tell_oldest(to->shelf);
}

void
table_index_unread(struct holding *holding, uint32_t ordinal)
{
	if (holding->unread++ == 0 || ordinal < holding->read_from)
		holding->read_from = ordinal;
	holding->shelf->unread++;
}

void
table_index_read(struct holding *holding)
{
	assert(holding->unread > 0 && holding->shelf->unread > 0);
	holding->unread--;
	holding->shelf->unread--;
}

void
table_index_forget(struct holding *holding)
{
	struct table_index *shelf = holding->shelf;
	struct holding **link, *last = NULL;

	if (shelf == NULL)
		return;
	assert(holding->records == 0);
	for (link = &shelf->first; *link != holding; link = &(*link)->next)
		last = *link;
	*link = holding->next;
	if (shelf->last == holding)
		shelf->last = last;
	holding->shelf = NULL;
}
