#include "gateway/journal/write_batch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/array.h"
#include "gateway/journal/compaction_source.h"
#include "gateway/journal/segment_footer.h"
#include "gateway/journal/capacity.h"
#include "gateway/journal/table_lookup.h"
#include "gateway/model/completion.h"
#include "parsers/buffer.h"

#define ARENA_BYTES (2 * 1024 * 1024)
#define ARENA_HEADS (ARENA_BYTES / 2) /* the rest is for acks */
#define BATCH_BYTES (4 * 1024 * 1024)
#define ACKS_MOST   8192
#define COPIES_MOST 8192
#define COPY_BELOW  2048 /* a smaller body is copied, not pointed to */

/* See may_overtake: for one table, so much of the memory; it drains if ... */
#define AHEAD_PART 8
#define AHEAD_NS   NS_PER_S

/* Segments kept back, by what asks for a new one. */
enum { KEEP_FOR_COPIES, KEEP_FOR_ACKS, KEEP_FOR_RECORDS };

bool
write_batch_init(struct journal *j)
{
	struct write_batch *batch = calloc(1, sizeof *batch);

	if (batch == NULL)
		return false;
	j->batch = batch;
	batch->number = 1;
	batch->iov_count = 1;
	batch->arena = malloc(ARENA_BYTES);
	return batch->arena != NULL;
}

void
write_batch_fini(struct journal *j)
{
	struct write_batch *batch = j->batch;

	if (batch == NULL)
		return;
	free(batch->arena);
	free(batch->iov);
	free(batch->items);
	free(batch->acks);
	free(batch->aborted);
	free(batch);
	j->batch = NULL;
}

bool
write_batch_empty(const struct journal *j)
{
	return j->batch->item_count == 0 && j->batch->ack_count == 0;
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
	return list_frame(s->ack_count + 1, FRAME_ACK_SIZE) +
	       list_frame(s->copy_count + 1, FRAME_ACK_SIZE) +
	       list_frame(s->aborted_count, FRAME_ABORTED_SIZE) +
	       segment_footer_room((uint64_t)open->records + s->item_count + 1,
		   (uint64_t)open->aux_count + 3, open->table_count + 1);
}

static bool
fits(const struct journal *j, uint64_t bytes)
{
	const struct segment *open = j->open;

	return open != NULL && open->tail + j->batch->bytes + bytes +
				       bytes_behind(j->batch, open) <=
				   open->size;
}

void
write_batch_seal(struct journal *j)
{
	struct segment *open = j->open;
	struct io_job *job =
	    open->reopened ? NULL : io_job_new(IO_JOB_SEAL, open);

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
	journal_state_give_job(j, job);
}

static void
begin(struct journal *j, struct segment *segment)
{
	struct segment_head head;

	segment->epoch = journal_state_next_epoch(j);
	segment->state = SEGMENT_OPEN;
	segment->loaded = true;
	segment_list_push(&j->used, segment);
	j->open = segment;
	head.epoch = segment->epoch;
	head.size = segment->size;
	head.oldest = j->used.first->epoch;
	segment_head_put(&head, j->batch->head);
}

static enum write_batch_answer
rotate(struct journal *j, uint32_t keep)
{
	uint32_t creatable = capacity_creatable(j);

	switch (capacity_ask_reopen(j)) {
	case CAPACITY_REOPENS:
		return WRITE_BATCH_WAIT;
	case CAPACITY_REOPEN_FAILS:
		return WRITE_BATCH_FULL;
	case CAPACITY_NEW_SEGMENT:
		break;
	}
	/*
	 * When compaction cannot free anything, acks must be written without.
	 */
	if (keep == KEEP_FOR_ACKS && !compaction_source_can_help(j))
		keep = KEEP_FOR_COPIES;
	if (capacity_free(j) + creatable <= keep)
		return compaction_source_can_help(j) ? WRITE_BATCH_WAIT
						     : WRITE_BATCH_FULL;
	if (capacity_free(j) == 0 || j->free.first->to_unlink)
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
	return compaction_source_bytes_left(j);
}

static enum write_batch_answer
prepare(struct journal *j, uint64_t bytes, uint32_t keep)
{
	enum write_batch_answer answer;

	if (fits(j, bytes + kept_free(j, keep)) &&
	    (write_batch_empty(j) || j->batch->bytes + bytes <= BATCH_BYTES))
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

/* Extends the last iovec where `at` continues it; else begins a new one. */
void
write_batch_add_iov(struct write_batch *s, const char *at, size_t len)
{
	struct iovec *last = &s->iov[s->iov_count - 1];

	if (s->iov_count > 1 &&
	    (const char *)last->iov_base + last->iov_len == at) {
		last->iov_len += len;
		return;
	}
	memcpy(&last[1].iov_base, &at, sizeof at);
	last[1].iov_len = len;
	s->iov_count++;
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
		write_batch_add_iov(s, head, len + f->body.len + pad);
	} else {
		write_batch_add_iov(s, head, len);
		write_batch_add_iov(s, f->body.at, f->body.len);
		memset(head + len, 0, pad);
		s->arena_len += pad;
		if (pad > 0)
			write_batch_add_iov(s, head + len, pad);
	}
	s->bytes += frame_size(f);
}

/* Everything that could fail, before anything is changed. */
static bool
reserve(struct journal *j)
{
	struct write_batch *s = j->batch;

	return array_reserve(&s->items, &s->item_room, s->item_count + 1,
		   sizeof *s->items) &&
	       array_reserve(
		   &s->iov, &s->iov_room, s->iov_count + 8, sizeof *s->iov) &&
	       segment_reserve(j->open, j->open->records + s->item_count + 1) &&
	       segment_reserve_entry(j->open, s->item_count + 1) &&
	       segment_reserve_aux(j->open, 3);
}

static struct write_batch_item *
add_item(struct journal *j, struct record *record, struct frame *f)
{
	struct write_batch *s = j->batch;
	struct write_batch_item *item = &s->items[s->item_count];

	*item = (struct write_batch_item){
		.record = record,
		.ordinal = j->open->records + s->item_count,
		.at8 = (uint32_t)((j->open->tail + s->bytes) / FRAME_ALIGN),
		.events = record->events,
		.bytes = record->bytes,
		.flags =
		    (uint16_t)(f->producer.len << SEGMENT_ENTRY_PRODUCER |
			       (f->range_count > 0 ? SEGMENT_ENTRY_ACKED : 0)),
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
may_stay(struct journal *j, struct table_index *index, uint64_t cost)
{
	uint64_t most = j->options.resident_bytes;

	if (index->on_disk > 0 || index->not_admitted == j->batch->number)
		return false;
	if (index->wanted)
		return index->resident + cost <= index->want &&
		       j->resident + cost <= most;
	if (index->resident == 0)
		return j->resident + cost <= most + most / 4;
	if (j->resident + cost <= most / 2)
		return true;
	return j->resident + cost <= most &&
	       index->resident + cost <= most / 16;
}

/*
 * While a backlog on disk drains, new records need not wait for all of it: the
 * pump sends of both. They have memory of their own, so that reading the
 * backlog goes on. Where nothing drains, that memory would be filled by the
 * first records of the outage and be of no use when it ends.
 */
static bool
may_overtake(
    const struct journal *j, const struct table_index *index, uint64_t cost)
{
	uint64_t most = j->options.resident_bytes;

	return !index->wanted && !index->orphaned && index->left.ns > 0 &&
	       j->now.ns - index->left.ns < AHEAD_NS &&
	       j->resident + cost <= most - most / 4 &&
	       index->ahead + cost <= most / AHEAD_PART;
}

static void
admit(
    struct journal *j, struct table_index *index, struct write_batch_item *item)
{
	struct record *record = item->record;
	uint64_t cost = record_cost(record);

	/* Its completion hangs on it: its memory is still its producer's. */
	record->pinned =
	    record->completion != NULL &&
	    record->completion->until == COMPLETION_UNTIL_DELIVERED;
	record->ahead = !record->pinned && !may_stay(j, index, cost);
	if ((record->ahead && !may_overtake(j, index, cost)) ||
	    (item->ref = record_ref_new()) == NULL) {
		index->not_admitted = j->batch->number;
		return;
	}
	item->ref->seg_table = item->seg_table;
	item->ref->index = index;
	item->ref->ordinal = item->ordinal;
	item->ref->events = item->events;
	item->ref->bytes = item->bytes;
	item->ref->flags = item->flags;
	item->ref->cost = (uint32_t)cost_of_record(record);
	item->ref->slices = 1;
	if (record->pinned)
		return;
	*table_index_memory(index, record) += cost;
	j->resident += cost;
}

enum write_batch_answer
write_batch_add_record(struct journal *j, struct record *record)
{
	struct table_index *index = table_lookup_of(j, record->table);
	struct frame f = frame_of(record, record->table->options.name);
	struct segment_table *seg_table;
	struct write_batch_item *item;
	enum write_batch_answer answer;

	if (j->batch->arena_len + frame_head_size(&f) + COPY_BELOW >
	    ARENA_HEADS)
		return WRITE_BATCH_COMMIT;
	answer = prepare(j, frame_size(&f), KEEP_FOR_RECORDS);
	if (answer != WRITE_BATCH_OK)
		return answer;
	table_index_bind(index, record->table);
	seg_table = table_index_in_segment(index, j->open);
	if (seg_table == NULL || !reserve(j)) {
		table_index_unbind(index, j->now);
		return WRITE_BATCH_FAILED;
	}
	f.sequence = 0;
	item = add_item(j, record, &f);
	item->seg_table = seg_table;
	admit(j, index, item);
	return WRITE_BATCH_OK;
}

enum write_batch_answer
write_batch_add_ack(
    struct journal *j, struct record_ref *ref, struct frame_range range)
{
	struct write_batch *s = j->batch;
	enum write_batch_answer answer;

	if (ref->dead)
		return WRITE_BATCH_OK;
	if (s->ack_count == ACKS_MOST)
		return WRITE_BATCH_COMMIT;
	answer = prepare(j, 0, KEEP_FOR_ACKS);
	if (answer != WRITE_BATCH_OK)
		return answer;
	if (!array_reserve(
		&s->acks, &s->ack_room, s->ack_count + 1, sizeof *s->acks) ||
	    !array_reserve(
		&s->iov, &s->iov_room, s->iov_count + 8, sizeof *s->iov) ||
	    !segment_reserve_aux(j->open, 3))
		return WRITE_BATCH_FAILED;
	s->acks[s->ack_count++] = (struct write_batch_ack){ ref, range };
	ref->batch = s->number;
	return WRITE_BATCH_OK;
}

void
write_batch_probe(struct journal *j)
{
	struct write_batch *s = j->batch;

	s->probe = s->aborted_count > 0 && write_batch_empty(j) &&
		   atomic_load(&j->counts.failing) &&
		   prepare(j, 0, KEEP_FOR_ACKS) == WRITE_BATCH_OK &&
		   array_reserve(&s->iov, &s->iov_room, s->iov_count + 8,
		       sizeof *s->iov) &&
		   segment_reserve_aux(j->open, 3);
}

static void
put_ranges(char *at, const struct range_set *acked)
{
	for (uint32_t i = 0; i < acked->count; i++)
		frame_range_put(at + i * FRAME_RANGE, acked->ranges[i]);
}

enum write_batch_answer
write_batch_add_copy(struct journal *j, struct record *record,
    struct segment_table *from, uint32_t ordinal, struct record_ref *ref)
{
	struct write_batch *s = j->batch;
	struct range_set *acked = segment_acked(from->segment, ordinal);
	struct frame f = frame_of(record, from->index->name);
	struct segment_table *seg_table;
	struct write_batch_item *item;
	enum write_batch_answer answer;
	char *ranges;

	f.source_epoch = from->segment->epoch;
	f.source_ordinal = ordinal;
	if (acked != NULL) {
		f.range_count = acked->count;
		f.ranges.len = acked->count * (size_t)FRAME_RANGE;
	}
	if (s->copy_count == COPIES_MOST ||
	    s->arena_len + 2 * frame_head_size(&f) + COPY_BELOW > ARENA_HEADS)
		return WRITE_BATCH_COMMIT;
	answer = prepare(j, frame_size(&f),
	    from->segment == j->used.first ? KEEP_FOR_COPIES
					   : KEEP_FOR_RECORDS);
	if (answer != WRITE_BATCH_OK)
		return answer;
	seg_table = table_index_in_segment(from->index, j->open);
	if (seg_table == NULL || !reserve(j) ||
	    (acked != NULL &&
		!segment_reserve_acked(j->open, s->copy_count + 1)))
		return WRITE_BATCH_FAILED;
	if (acked != NULL) {
		/* Above the head that is about to be written. */
		ranges = s->arena + s->arena_len + frame_head_size(&f);
		put_ranges(ranges, acked);
		f.ranges.at = ranges;
	}
	item = add_item(j, record, &f);
	item->seg_table = seg_table;
	item->ref = ref;
	item->source = from;
	item->source_ordinal = ordinal;
	s->copy_count++;
	return WRITE_BATCH_OK;
}

bool
write_batch_reserve_aborted(struct write_batch *s)
{
	return array_reserve(&s->aborted, &s->aborted_room,
	    s->aborted_count + 1, sizeof *s->aborted);
}
