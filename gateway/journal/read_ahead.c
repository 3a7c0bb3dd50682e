#include "gateway/journal/read_ahead.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/journal/compaction.h"
#include "gateway/journal/segment_index.h"
#include "gateway/journal/ack_apply.h"

#define READS_OUT   2 /* jobs at once: one runs, one waits */
#define READ_BYTES  (1024 * 1024)
#define ITEMS_MOST  4096
#define WINDOW_PART 16 /* of the memory, for a table that says nothing */

void
read_ahead_hungry(struct journal *j, struct table_index *shelf)
{
	if (shelf->hungry || shelf->reading || shelf->stranded ||
	    shelf->unread == 0)
		return;
	shelf->hungry = true;
	shelf->next = NULL;
	if (j->hungry == NULL)
		j->hungry = shelf;
	else
		j->hungry_last->next = shelf;
	j->hungry_last = shelf;
}

void
read_ahead_want(struct journal *j, struct table_index *shelf, uint64_t bytes)
{
	shelf->wanted = bytes != UINT64_MAX;
	shelf->want = bytes;
	read_ahead_hungry(j, shelf);
}

static struct table_index *
next_hungry(struct journal *j)
{
	struct table_index *shelf = j->hungry;

	j->hungry = shelf->next;
	shelf->next = NULL;
	shelf->hungry = false;
	return shelf;
}

static bool
wants(const struct table_index *shelf)
{
	return !shelf->wanted || shelf->want > 0;
}

/* Bytes that may be read for it now; 0: its window is full enough. */
static uint64_t
room_for(const struct journal *j, const struct table_index *shelf)
{
	uint64_t most = j->options.resident_bytes;
	uint64_t window = shelf->wanted ? shelf->want : most / WINDOW_PART;

	if (window == 0 ||
	    (shelf->resident > 0 && shelf->resident > window / 2))
		return 0;
	if (j->resident >= most)
		return shelf->resident == 0 && j->resident < most + most / 4
			   ? 1
			   : 0;
	window -= shelf->resident < window ? shelf->resident : window;
	if (window > most - j->resident)
		window = most - j->resident;
	return window < READ_BYTES ? window + 1 : READ_BYTES;
}

static bool
add_item(struct journal *j, struct io_job *job, struct holding *holding,
    uint32_t ordinal)
{
	struct segment *segment = holding->segment;
	const struct segment_entry *entry = &segment->entries[ordinal];
	struct record_ref *place = record_ref_new();

	if (place == NULL)
		return false;
	place->holding = holding;
	place->shelf = holding->shelf;
	place->ordinal = ordinal;
	place->events = entry->events;
	place->bytes = entry->bytes;
	place->flags = entry->flags;
	place->cost = (uint32_t)cost_of_entry(holding, entry);
	record_ref_link(place, segment);
	segment_set_given(segment, ordinal, true);
	table_index_read(holding);
	compaction_note(j, place);
	job->items[job->item_count++] = (struct io_job_item){
		.ordinal = ordinal,
		.at8 = entry->at8,
		.place = place,
	};
	return true;
}

/* At least one record, then as many as there is room for. */
static void
choose(struct journal *j, struct io_job *job, struct holding *holding,
    uint64_t room)
{
	struct segment *segment = holding->segment;
	uint32_t ordinal = holding->read_from;
	uint64_t bytes = 0;

	for (; ordinal < segment->records && holding->unread > 0; ordinal++) {
		if (segment->entries[ordinal].number != holding->number ||
		    segment_is_dead(segment, ordinal) ||
		    segment_is_given(segment, ordinal))
			continue;
		bytes += segment->entries[ordinal].bytes;
		if (job->item_count == ITEMS_MOST ||
		    (job->item_count > 0 && bytes > room) ||
		    !add_item(j, job, holding, ordinal))
			break;
	}
	holding->read_from = ordinal;
}

static void
read_for(struct journal *j, struct table_index *shelf, uint64_t room)
{
	struct holding *holding = shelf->first;
	struct io_job *job;

	while (holding != NULL && holding->unread == 0)
		holding = holding->next;
	if (holding == NULL)
		return;
	if (holding->segment->entries == NULL) {
		segment_index_want(j, holding->segment);
		return; /* all are looked at again when that is done */
	}
	job = io_job_new(IO_JOB_READ, holding->segment);
	if (job == NULL)
		return;
	job->items = calloc(ITEMS_MOST, sizeof *job->items);
	if (job->items != NULL)
		choose(j, job, holding, room);
	if (job->item_count == 0) {
		io_job_free(job, j->now);
		return;
	}
	job->shelf = shelf;
	shelf->reading = true;
	j->reads_out++;
	journal_give_job(j, job);
}

void
read_ahead_step(struct journal *j)
{
	struct table_index *shelf, *last = j->hungry_last;
	uint64_t room;

	while (j->hungry != NULL && j->reads_out < READS_OUT) {
		shelf = next_hungry(j);
		room = room_for(j, shelf);
		if (room > 0)
			read_for(j, shelf, room);
		/* One that has records in memory is asked about again when
		   they go; one that has none must not be forgotten. */
		if (room > 0 || (shelf->resident == 0 && wants(shelf)))
			read_ahead_hungry(j, shelf);
		if (shelf == last)
			break; /* each has had its turn */
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
show(struct journal *j, struct record_ref *place, struct record *record)
{
	int64_t since_ms = record->accepted_ms - j->options.wall_ms;

	record->accepted.ns = j->options.now.ns + since_ms * NS_PER_MS;
	if (record->accepted.ns > j->now.ns)
		record->accepted = j->now; /* the wall clock was moved */
	record->table = place->shelf->table;
	table_hold(record->table);
	record->place = place;
	place->slices++;
	*table_index_memory(place->shelf, record) += record_cost(record);
	j->resident += record_cost(record);
	journal_show(j, record);
}

static void
show_slices(struct journal *j, struct record_ref *place, struct record *record,
    const struct range_set *parts)
{
	struct frame_range gap = { 0, 0 };
	struct record *slice;

	while (
	    range_set_gap(parts, gap.from + gap.count, place->events, &gap)) {
		slice = slice_of(record, gap);
		if (slice != NULL)
			show(j, place, slice);
	}
	record_free(record, j->now);
}

static void
put_back(struct journal *j, struct record_ref *place)
{
	compaction_forget(j, place);
	segment_set_given(place->segment, place->ordinal, false);
	table_index_unread(place->holding, place->ordinal);
	record_ref_free(place);
}

static void
lose(struct journal *j, struct record_ref *place)
{
	struct holding *holding = place->holding;
	struct segment_entry entry = {
		.flags = place->flags,
		.events = place->events,
		.bytes = place->bytes,
	};

	compaction_forget(j, place);
	ack_lost(j, holding, place->ordinal, &entry);
	record_ref_free(place);
}

void
read_ahead_done(struct journal *j, struct io_job *job)
{
	struct range_set *parts;
	struct io_job_item *item = job->items;

	j->reads_out--;
	job->shelf->reading = false;
	for (uint32_t i = 0; i < job->item_count; i++, item++) {
		struct record_ref *place = item->place;

		if (!job->ok) {
			put_back(j, place);
			continue;
		}
		if (item->record == NULL) {
			lose(j, place);
			continue;
		}
		parts = segment_parts(place->segment, place->ordinal);
		if (parts == NULL)
			show(j, place, item->record);
		else
			show_slices(j, place, item->record, parts);
		item->record = NULL;
		if (place->slices == 0)
			put_back(j, place); /* no memory for a slice */
	}
	if (job->ok)
		read_ahead_hungry(j, job->shelf);
	else
		j->retry = true;
}
