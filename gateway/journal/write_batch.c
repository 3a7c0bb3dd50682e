#include "gateway/journal/write_batch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/array.h"
#include "gateway/journal/compaction.h"
#include "gateway/journal/segment_footer.h"
#include "gateway/journal/reopen.h"
#include "gateway/journal/capacity.h"
#include "gateway/journal/table_lookup.h"
#include "gateway/journal/ack_apply.h"
#include "gateway/model/completion.h"
#include "parsers/buffer.h"

#define ARENA_BYTES  (2 * 1024 * 1024)
#define ARENA_HEADS  (ARENA_BYTES / 2) /* the rest is for settlements */
#define BATCH_BYTES  (4 * 1024 * 1024)
#define SETTLED_MOST 8192
#define COPIES_MOST  8192
#define COPY_BELOW   2048 /* a smaller body is copied, not pointed to */

/* See may_go_ahead: for one table, so much of the memory; it drains if ... */
#define AHEAD_PART 8
#define AHEAD_NS   NS_PER_S

/* Segments kept back, by what asks for a new one. */
enum { KEEP_FOR_COPIES, KEEP_FOR_SETTLED, KEEP_FOR_RECORDS };

bool
write_batch_init(struct journal *j)
{
	struct write_batch *stage = calloc(1, sizeof *stage);

	if (stage == NULL)
		return false;
	j->stage = stage;
	stage->batch = 1;
	stage->part_count = 1;
	stage->arena = malloc(ARENA_BYTES);
	return stage->arena != NULL;
}

void
write_batch_fini(struct journal *j)
{
	struct write_batch *stage = j->stage;

	if (stage == NULL)
		return;
	free(stage->arena);
	free(stage->parts);
	free(stage->items);
	free(stage->settled);
	free(stage->voids);
	free(stage);
	j->stage = NULL;
}

bool
write_batch_empty(const struct journal *j)
{
	return j->stage->item_count == 0 && j->stage->settled_count == 0;
}

static uint64_t
list_frame(uint32_t count, size_t member)
{
	return count == 0
		   ? 0
		   : FRAME_HEADER + count * (uint64_t)member + FRAME_ALIGN;
}

/* With one more of everything, so that any one thing fits behind a yes. */
static uint64_t
bytes_behind(const struct write_batch *s, const struct segment *open)
{
	return list_frame(s->settled_count + 1, FRAME_SETTLEMENT) +
	       list_frame(s->copy_count + 1, FRAME_SETTLEMENT) +
	       list_frame(s->void_count, FRAME_VOID_SIZE) +
	       segment_footer_room((uint64_t)open->records + s->item_count + 1,
		   (uint64_t)open->aux_count + 3, open->holding_count + 1);
}

static bool
fits(const struct journal *j, uint64_t bytes)
{
	const struct segment *open = j->open;

	return open != NULL && open->tail + j->stage->bytes + bytes +
				       bytes_behind(j->stage, open) <=
				   open->size;
}

void
write_batch_seal(struct journal *j)
{
	struct segment *open = j->open;
	struct io_job *job =
	    open->resumed ? NULL : io_job_new(IO_JOB_SEAL, open);

	j->open = NULL;
	open->state = SEGMENT_FULL;
	if (job == NULL) {
		/* It will be scanned when need be. */
		open->state = SEGMENT_SEALED;
		segment_drop_entries(open);
		return;
	}
	buffer_init(&job->bytes, open->size);
	job->at = open->tail;
	if (!segment_footer_put(open, &job->bytes)) {
		io_job_free(job, j->now);
		return;
	}
	journal_give_job(j, job);
}

static void
begin(struct journal *j, struct segment *segment)
{
	struct segment_head head;

	segment->epoch = journal_next_epoch(j);
	segment->state = SEGMENT_OPEN;
	segment->loaded = true;
	segment_list_push(&j->used, segment);
	j->open = segment;
	head.epoch = segment->epoch;
	head.size = segment->size;
	head.oldest = j->used.first->epoch;
	segment_head_put(&head, j->stage->head);
}

static enum write_batch_answer
rotate(struct journal *j, uint32_t keep)
{
	uint32_t creatable = capacity_creatable(j);

	switch (reopen_ask(j)) {
	case REOPEN_SOON:
		return WRITE_BATCH_WAIT;
	case REOPEN_FAILS:
		return WRITE_BATCH_FULL;
	case REOPEN_NO:
		break;
	}
	/* When no copying is to come, settlements must go on without. */
	if (keep == KEEP_FOR_SETTLED && !compaction_can_help(j))
		keep = KEEP_FOR_COPIES;
	if (capacity_free(j) + creatable <= keep)
		return compaction_can_help(j) ? WRITE_BATCH_WAIT
					      : WRITE_BATCH_FULL;
	if (capacity_free(j) == 0 || j->free.first->condemned)
		return WRITE_BATCH_WAIT; /* journal_step sees to it */
	if (j->open != NULL)
		write_batch_seal(j);
	begin(j, segment_list_pop(&j->free));
	return WRITE_BATCH_OK;
}

/*
 * While room is short, room to copy the oldest segment, or the rest of it, is
 * not to be used up by anything else: it is the copying that makes room.
 */
static uint64_t
kept_free(const struct journal *j, uint32_t keep)
{
	if (keep == KEEP_FOR_COPIES ||
	    capacity_free(j) + capacity_creatable(j) > 1)
		return 0;
	return compaction_bytes_left(j);
}

static enum write_batch_answer
prepare(struct journal *j, uint64_t bytes, uint32_t keep)
{
	enum write_batch_answer answer;

	if (fits(j, bytes + kept_free(j, keep)) &&
	    (write_batch_empty(j) || j->stage->bytes + bytes <= BATCH_BYTES))
		return WRITE_BATCH_OK;
	if (!write_batch_empty(j))
		return WRITE_BATCH_COMMIT;
	if (j->open != NULL && j->open->tail == SEGMENT_HEADER)
		return fits(j, bytes) ? WRITE_BATCH_WAIT : WRITE_BATCH_FAILED;
	answer = rotate(j, keep);
	if (answer == WRITE_BATCH_OK && !fits(j, bytes))
		return WRITE_BATCH_FAILED;
	return answer;
}

/* Appends to the last part where it ends; else begins a new one. */
void
write_batch_add_part(struct write_batch *s, const char *at, size_t len)
{
	struct iovec *last = &s->parts[s->part_count - 1];

	if (s->part_count > 1 &&
	    (const char *)last->iov_base + last->iov_len == at) {
		last->iov_len += len;
		return;
	}
	memcpy(&last[1].iov_base, &at, sizeof at);
	last[1].iov_len = len;
	s->part_count++;
}

static void
add_frame(struct write_batch *s, const struct frame *f)
{
	char *head = s->arena + s->arena_len;
	size_t len = frame_head_size(f);
	size_t pad = frame_size(f) - len - f->body.len;

	frame_head_put(f, head);
	s->arena_len += len;
	if (f->body.len < COPY_BELOW) {
		memcpy(head + len, f->body.at, f->body.len);
		memset(head + len + f->body.len, 0, pad);
		s->arena_len += f->body.len + pad;
		write_batch_add_part(s, head, len + f->body.len + pad);
	} else {
		write_batch_add_part(s, head, len);
		write_batch_add_part(s, f->body.at, f->body.len);
		memset(head + len, 0, pad);
		s->arena_len += pad;
		if (pad > 0)
			write_batch_add_part(s, head + len, pad);
	}
	s->bytes += frame_size(f);
}

/* Everything that could fail, before anything is changed. */
static bool
reserve(struct journal *j)
{
	struct write_batch *s = j->stage;

	return array_reserve(&s->items, &s->item_room, s->item_count + 1,
		   sizeof *s->items) &&
	       array_reserve(&s->parts, &s->part_room, s->part_count + 8,
		   sizeof *s->parts) &&
	       segment_reserve(j->open, j->open->records + s->item_count + 1) &&
	       segment_reserve_entry(j->open, s->item_count + 1) &&
	       segment_reserve_aux(j->open, 3);
}

static struct write_batch_item *
add_item(struct journal *j, struct record *record, struct frame *f)
{
	struct write_batch *s = j->stage;
	struct write_batch_item *item = &s->items[s->item_count];

	*item = (struct write_batch_item){
		.record = record,
		.ordinal = j->open->records + s->item_count,
		.at8 = (uint32_t)((j->open->tail + s->bytes) / FRAME_ALIGN),
		.events = record->events,
		.bytes = record->bytes,
		.flags =
		    (uint16_t)(f->producer.len << SEGMENT_ENTRY_PRODUCER |
			       (f->range_count > 0 ? SEGMENT_ENTRY_PARTS : 0)),
	};
	f->ordinal = item->ordinal;
	f->epoch = j->open->epoch;
	if (f->sequence == 0)
		f->sequence = j->open->epoch >> 32 << 32 | item->ordinal;
	record->sequence = f->sequence;
	s->item_count++;
	add_frame(s, f);
	return item;
}

static struct frame
frame_of(const struct record *record, const char *table)
{
	return (struct frame){
		.kind = FRAME_EVENTS,
		.events = record->events,
		.sequence = record->sequence,
		.accepted_ms = record->accepted_ms,
		.earliest_ms = record->earliest_ms,
		.table = span_of(table),
		.producer = span_of(record->producer),
		.body = { record->lines, record->bytes },
	};
}

/*
 * Does it stay in memory for the pump?  Not when older ones of its table are
 * on disk only, and not when it would push others out.
 */
static bool
may_stay(struct journal *j, struct table_index *shelf, uint64_t cost)
{
	uint64_t most = j->options.resident_bytes;

	if (shelf->unread > 0 || shelf->withheld == j->stage->batch)
		return false;
	if (shelf->wanted)
		return shelf->resident + cost <= shelf->want &&
		       j->resident + cost <= most;
	if (shelf->resident == 0)
		return j->resident + cost <= most + most / 4;
	if (j->resident + cost <= most / 2)
		return true;
	return j->resident + cost <= most &&
	       shelf->resident + cost <= most / 16;
}

/*
 * While a backlog on disk drains, what comes need not wait for all of it: the
 * pump sends of both in turn.  It has room of its own, so that reading the
 * backlog goes on.  Where nothing drains that room would be filled by what
 * came when the trouble began, and be of no use at its end.
 */
static bool
may_go_ahead(
    const struct journal *j, const struct table_index *shelf, uint64_t cost)
{
	uint64_t most = j->options.resident_bytes;

	return !shelf->wanted && !shelf->stranded && shelf->left.ns > 0 &&
	       j->now.ns - shelf->left.ns < AHEAD_NS &&
	       j->resident + cost <= most - most / 4 &&
	       shelf->ahead + cost <= most / AHEAD_PART;
}

static void
give(
    struct journal *j, struct table_index *shelf, struct write_batch_item *item)
{
	struct record *record = item->record;
	uint64_t cost = record_cost(record);

	/* Its completion hangs on it: its memory is still its producer's. */
	record->pinned =
	    record->completion != NULL &&
	    record->completion->until == COMPLETION_UNTIL_DELIVERED;
	record->ahead = !record->pinned && !may_stay(j, shelf, cost);
	if ((record->ahead && !may_go_ahead(j, shelf, cost)) ||
	    (item->place = record_ref_new()) == NULL) {
		shelf->withheld = j->stage->batch;
		return;
	}
	item->place->holding = item->holding;
	item->place->shelf = shelf;
	item->place->ordinal = item->ordinal;
	item->place->events = item->events;
	item->place->bytes = item->bytes;
	item->place->flags = item->flags;
	item->place->cost = (uint32_t)cost_of_record(record);
	item->place->slices = 1;
	if (record->pinned)
		return;
	*table_index_memory(shelf, record) += cost;
	j->resident += cost;
}

enum write_batch_answer
write_batch_record(struct journal *j, struct record *record)
{
	struct table_index *shelf = table_lookup_of(j, record->table);
	struct frame f = frame_of(record, record->table->options.name);
	struct holding *holding;
	struct write_batch_item *item;
	enum write_batch_answer answer;

	if (j->stage->arena_len + frame_head_size(&f) + COPY_BELOW >
	    ARENA_HEADS)
		return WRITE_BATCH_COMMIT;
	answer = prepare(j, frame_size(&f), KEEP_FOR_RECORDS);
	if (answer != WRITE_BATCH_OK)
		return answer;
	table_index_bind(shelf, record->table);
	holding = table_index_holding(shelf, j->open);
	if (holding == NULL || !reserve(j)) {
		table_index_unbind(shelf, j->now);
		return WRITE_BATCH_FAILED;
	}
	f.sequence = 0;
	item = add_item(j, record, &f);
	item->holding = holding;
	give(j, shelf, item);
	return WRITE_BATCH_OK;
}

enum write_batch_answer
write_batch_settle(
    struct journal *j, struct record_ref *place, struct frame_range range)
{
	struct write_batch *s = j->stage;
	enum write_batch_answer answer;

	if (place->dead)
		return WRITE_BATCH_OK;
	if (s->settled_count == SETTLED_MOST)
		return WRITE_BATCH_COMMIT;
	answer = prepare(j, 0, KEEP_FOR_SETTLED);
	if (answer != WRITE_BATCH_OK)
		return answer;
	if (!array_reserve(&s->settled, &s->settled_room, s->settled_count + 1,
		sizeof *s->settled) ||
	    !array_reserve(&s->parts, &s->part_room, s->part_count + 8,
		sizeof *s->parts) ||
	    !segment_reserve_aux(j->open, 3))
		return WRITE_BATCH_FAILED;
	s->settled[s->settled_count++] =
	    (struct write_batch_settled){ place, range };
	place->batch = s->batch;
	return WRITE_BATCH_OK;
}

void
write_batch_probe(struct journal *j)
{
	struct write_batch *s = j->stage;

	s->probe = s->void_count > 0 && write_batch_empty(j) &&
		   atomic_load(&j->counts.failing) &&
		   prepare(j, 0, KEEP_FOR_SETTLED) == WRITE_BATCH_OK &&
		   array_reserve(&s->parts, &s->part_room, s->part_count + 8,
		       sizeof *s->parts) &&
		   segment_reserve_aux(j->open, 3);
}

static void
put_ranges(char *at, const struct range_set *parts)
{
	for (uint32_t i = 0; i < parts->count; i++)
		frame_range_put(at + i * FRAME_RANGE, parts->ranges[i]);
}

enum write_batch_answer
write_batch_copy(struct journal *j, struct record *record, struct holding *from,
    uint32_t ordinal, struct record_ref *place)
{
	struct write_batch *s = j->stage;
	struct range_set *parts = segment_parts(from->segment, ordinal);
	struct frame f = frame_of(record, from->shelf->name);
	struct holding *holding;
	struct write_batch_item *item;
	enum write_batch_answer answer;
	char *ranges;

	f.source_epoch = from->segment->epoch;
	f.source_ordinal = ordinal;
	if (parts != NULL) {
		f.range_count = parts->count;
		f.ranges.len = parts->count * (size_t)FRAME_RANGE;
	}
	if (s->copy_count == COPIES_MOST ||
	    s->arena_len + 2 * frame_head_size(&f) + COPY_BELOW > ARENA_HEADS)
		return WRITE_BATCH_COMMIT;
	answer = prepare(j, frame_size(&f),
	    from->segment == j->used.first ? KEEP_FOR_COPIES
					   : KEEP_FOR_RECORDS);
	if (answer != WRITE_BATCH_OK)
		return answer;
	holding = table_index_holding(from->shelf, j->open);
	if (holding == NULL || !reserve(j) ||
	    (parts != NULL &&
		!segment_reserve_parts(j->open, s->copy_count + 1)))
		return WRITE_BATCH_FAILED;
	if (parts != NULL) {
		/* Above the head that is about to be written. */
		ranges = s->arena + s->arena_len + frame_head_size(&f);
		put_ranges(ranges, parts);
		f.ranges.at = ranges;
	}
	item = add_item(j, record, &f);
	item->holding = holding;
	item->place = place;
	item->source = from;
	item->source_ordinal = ordinal;
	s->copy_count++;
	return WRITE_BATCH_OK;
}

bool
write_batch_reserve_void(struct write_batch *s)
{
	return array_reserve(
	    &s->voids, &s->void_room, s->void_count + 1, sizeof *s->voids);
}
