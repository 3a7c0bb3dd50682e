#include "gateway/journal/read_ahead.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/journal/compaction_source.h"
#include "gateway/journal/segment_index.h"
#include "gateway/journal/ack_apply.h"

#define READS_OUT   2 /* jobs at once: one runs, one waits */
#define READ_BYTES  (1024 * 1024)
#define ITEMS_MOST  4096
#define WINDOW_PART 16 /* of the memory, for a table that says nothing */

void
read_ahead_want(struct journal *j, struct table_index *index, uint64_t bytes)
{
	index->wanted = bytes != UINT64_MAX;
	index->want = bytes;
	journal_state_need_read(j, index);
}

static struct table_index *
next_needing(struct journal *j)
{
	struct table_index *index = j->needs_read;

	j->needs_read = index->next;
	index->next = NULL;
	index->needs_read = false;
	return index;
}

static bool
wants(const struct table_index *index)
{
	return !index->wanted || index->want > 0;
}

/* Bytes that may be read for it now; 0: its window is full enough. */
static uint64_t
room_for(const struct journal *j, const struct table_index *index)
{
	uint64_t most = j->options.resident_bytes;
	uint64_t window = index->wanted ? index->want : most / WINDOW_PART;

	if (window == 0 ||
	    (index->resident > 0 && index->resident > window / 2))
		return 0;
	if (j->resident >= most)
		return index->resident == 0 && j->resident < most + most / 4
			   ? 1
			   : 0;
	window -= index->resident < window ? index->resident : window;
	if (window > most - j->resident)
		window = most - j->resident;
	return window < READ_BYTES ? window + 1 : READ_BYTES;
}

static bool
add_item(struct journal *j, struct io_job *job, struct segment_table *seg_table,
    uint32_t ordinal)
{
	struct segment *segment = seg_table->segment;
	const struct segment_entry *entry = &segment->entries[ordinal];
	struct record_ref *ref = record_ref_new();

	if (ref == NULL)
		return false;
	ref->seg_table = seg_table;
	ref->index = seg_table->index;
	ref->ordinal = ordinal;
	ref->events = entry->events;
	ref->bytes = entry->bytes;
	ref->flags = entry->flags;
	ref->cost = (uint32_t)cost_of_entry(seg_table, entry);
	record_ref_link(ref, segment);
	segment_set_resident(segment, ordinal, true);
	table_index_set_resident(seg_table);
	compaction_source_note(j, ref);
	job->items[job->item_count++] = (struct io_job_item){
		.ordinal = ordinal,
		.at8 = entry->at8,
		.ref = ref,
	};
	return true;
}

/* At least one record, then as many as there is room for. */
static void
choose(struct journal *j, struct io_job *job, struct segment_table *seg_table,
    uint64_t room)
{
	struct segment *segment = seg_table->segment;
	uint32_t ordinal = seg_table->read_from;
	uint64_t bytes = 0;

	for (; ordinal < segment->records && seg_table->on_disk > 0;
	     ordinal++) {
		if (segment->entries[ordinal].number != seg_table->number ||
		    segment_is_dead(segment, ordinal) ||
		    segment_is_resident(segment, ordinal))
			continue;
		bytes += segment->entries[ordinal].bytes;
		if (job->item_count == ITEMS_MOST ||
		    (job->item_count > 0 && bytes > room) ||
		    !add_item(j, job, seg_table, ordinal))
			break;
	}
	seg_table->read_from = ordinal;
}

static void
read_for(struct journal *j, struct table_index *index, uint64_t room)
{
	struct segment_table *seg_table = index->first;
	struct io_job *job;

	while (seg_table != NULL && seg_table->on_disk == 0)
		seg_table = seg_table->next;
	if (seg_table == NULL)
		return;
	if (seg_table->segment->entries == NULL) {
		segment_index_want(j, seg_table->segment);
		return; /* all are looked at again when that is done */
	}
	job = io_job_new(IO_JOB_READ, seg_table->segment);
	if (job == NULL)
		return;
	job->items = calloc(ITEMS_MOST, sizeof *job->items);
	if (job->items != NULL)
		choose(j, job, seg_table, room);
	if (job->item_count == 0) {
		io_job_free(job, j->now);
		return;
	}
	job->index = index;
	index->reading = true;
	j->reads_out++;
	journal_state_give_job(j, job);
}

void
read_ahead_step(struct journal *j)
{
	struct table_index *index, *last = j->needs_read_last;
	uint64_t room;

	while (j->needs_read != NULL && j->reads_out < READS_OUT) {
		index = next_needing(j);
		room = room_for(j, index);
		if (room > 0)
			read_for(j, index, room);
		/* One that has records in memory is asked about again when
		   they go; one that has none must not be forgotten. */
		if (room > 0 || (index->resident == 0 && wants(index)))
			journal_state_need_read(j, index);
		if (index == last)
			break; /* each was asked once */
	}
}

/* A record's lines from event `from` on, `count` of them. */
static struct span
lines_of(const struct record *record, struct frame_range range)
{
	const char *at = record->lines, *end = record->lines + record->bytes;
	const char *begin = NULL, *newline;

	for (uint32_t i = 0; i <= range.from + range.count; i++) {
		if (i == range.from)
			begin = at;
		if (i == range.from + range.count || at >= end)
			break;
		newline = memchr(at, '\n', (size_t)(end - at));
		at = newline != NULL ? newline + 1 : end;
	}
	return (struct span){ begin, (size_t)(at - begin) };
}

static struct record *
slice_of(const struct record *record, struct frame_range range)
{
	struct span lines = lines_of(record, range);
	struct record *slice = record_new((uint32_t)lines.len);

	if (slice == NULL)
		return NULL;
	assert(lines.at != NULL);
	memcpy(slice->lines, lines.at, lines.len);
	slice->bytes = (uint32_t)lines.len;
	slice->events = range.count;
	slice->first_event = range.from;
	slice->accepted_ms = record->accepted_ms;
	slice->earliest_ms = record->earliest_ms;
	slice->sequence = record->sequence;
	if (record->producer != NULL)
		slice->producer = strdup(record->producer);
	return slice;
}

static void
show(struct journal *j, struct record_ref *ref, struct record *record)
{
	int64_t since_ms = record->accepted_ms - j->options.wall_ms;

	record->accepted.ns = j->options.now.ns + since_ms * NS_PER_MS;
	if (record->accepted.ns > j->now.ns)
		record->accepted = j->now; /* the wall clock was moved */
	record->table = ref->index->table;
	table_hold(record->table);
	record->ref = ref;
	ref->slices++;
	*table_index_memory(ref->index, record) += record_cost(record);
	j->resident += record_cost(record);
	journal_state_publish(j, record);
}

static void
show_slices(struct journal *j, struct record_ref *ref, struct record *record,
    const struct range_set *acked)
{
	struct frame_range gap = { 0, 0 };
	struct record *slice;

	while (range_set_gap(acked, gap.from + gap.count, ref->events, &gap)) {
		slice = slice_of(record, gap);
		if (slice != NULL)
			show(j, ref, slice);
	}
	record_free(record, j->now);
}

static void
put_back(struct journal *j, struct record_ref *ref)
{
	compaction_source_forget(j, ref);
	segment_set_resident(ref->segment, ref->ordinal, false);
	table_index_set_on_disk(ref->seg_table, ref->ordinal);
	record_ref_free(ref);
}

static void
drop_damaged(struct journal *j, struct record_ref *ref)
{
	struct segment_table *seg_table = ref->seg_table;
	struct segment_entry entry = {
		.flags = ref->flags,
		.events = ref->events,
		.bytes = ref->bytes,
	};

	compaction_source_forget(j, ref);
	ack_lost(j, seg_table, ref->ordinal, &entry);
	record_ref_free(ref);
}

void
read_ahead_done(struct journal *j, struct io_job *job)
{
	struct range_set *acked;
	struct io_job_item *item = job->items;

	j->reads_out--;
	job->index->reading = false;
	for (uint32_t i = 0; i < job->item_count; i++, item++) {
		struct record_ref *ref = item->ref;

		if (!job->ok) {
			put_back(j, ref);
			continue;
		}
		if (item->record == NULL) {
			drop_damaged(j, ref);
			continue;
		}
		acked = segment_acked(ref->segment, ref->ordinal);
		if (acked == NULL)
			show(j, ref, item->record);
		else
			show_slices(j, ref, item->record, acked);
		item->record = NULL;
		if (ref->slices == 0)
			put_back(j, ref); /* no memory for a slice */
	}
	if (job->ok)
		journal_state_need_read(j, job->index);
	else
		j->retry = true;
}
