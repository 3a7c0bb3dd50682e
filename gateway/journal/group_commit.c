#include "gateway/journal/group_commit.h"

#include <string.h>

#include "gateway/journal/ack_apply.h"
#include "gateway/journal/capacity.h"

/* A frame whose body is a list, built in the arena. */
static char *
begin_list(struct write_batch *s)
{
	return s->arena + s->arena_len + FRAME_HEADER;
}

static void
end_list(struct journal *j, enum frame_kind kind, const char *end)
{
	struct write_batch *s = j->batch;
	char *head = s->arena + s->arena_len;
	struct frame f = { .kind = kind, .epoch = j->open->epoch };
	size_t size, at8 = (j->open->tail + s->bytes) / FRAME_ALIGN;

	f.body.at = head + FRAME_HEADER;
	f.body.len = (size_t)(end - f.body.at);
	if (f.body.len == 0)
		return;
	size = frame_size(&f);
	frame_head_put(&f, head);
	s->arena_len += size;
	write_batch_add_iov(s, head, size);
	s->bytes += size;
	j->open->aux[j->open->aux_count + s->aux_count++] = (uint32_t)at8;
}

/* Does this ack the last events of the record? */
static bool
ends(const struct record_ref *ref, struct frame_range range)
{
	const struct range_set *acked =
	    segment_acked(ref->segment, ref->ordinal);
	struct frame_range gap;

	if (acked == NULL)
		return range.from == 0 && range.count >= ref->events;
	return acked->events + range.count == ref->events &&
	       range_set_gap(acked, range.from, ref->events, &gap) &&
	       gap.from == range.from && gap.count == range.count;
}

static void
put_acks(struct journal *j)
{
	struct write_batch *s = j->batch;
	struct frame_ack out;
	char *at = begin_list(s);

	for (uint32_t i = 0; i < s->ack_count; i++) {
		struct record_ref *ref = s->acks[i].ref;

		out.epoch = ref->segment->epoch;
		out.ordinal = ref->ordinal;
		out.range = s->acks[i].range;
		if (ends(ref, out.range))
			out.range = (struct frame_range){ 0, FRAME_WHOLE };
		frame_ack_put(at, &out);
		at += FRAME_ACK_SIZE;
	}
	end_list(j, FRAME_ACKS, at);
}

static void
put_moved(struct journal *j)
{
	struct write_batch *s = j->batch;
	struct frame_ack out = { .range = { 0, FRAME_WHOLE } };
	char *at = begin_list(s);

	for (uint32_t i = 0; i < s->item_count; i++) {
		if (s->items[i].source == NULL)
			continue;
		out.epoch = s->items[i].source->segment->epoch;
		out.ordinal = s->items[i].source_ordinal;
		frame_ack_put(at, &out);
		at += FRAME_ACK_SIZE;
	}
	end_list(j, FRAME_MOVED, at);
}

static void
put_aborted(struct journal *j)
{
	struct write_batch *s = j->batch;
	char *at = begin_list(s);

	for (uint32_t i = 0; i < s->aborted_count; i++) {
		struct segment *segment =
		    journal_state_find(j, s->aborted[i].epoch);

		if (segment != NULL)
			segment->aborted_tried = true;
		frame_aborted_put(at, s->aborted[i]);
		at += FRAME_ABORTED_SIZE;
	}
	end_list(j, FRAME_ABORTED, at);
}

static int
write_and_sync(struct journal *j)
{
	struct write_batch *s = j->batch;
	bool first = j->open->tail == SEGMENT_HEADER;
	uint32_t from = first ? 0 : 1;
	int result;

	/*
	 * The process before us may have been killed between making a file
	 * and syncing its name.
	 */
	if (j->names_unsynced) {
		result = j->io->sync_names(j->io);
		if (result != 0)
			return result;
		j->names_unsynced = false;
	}
	s->iov[0].iov_base = s->head;
	s->iov[0].iov_len = sizeof s->head;
	result = j->io->write(j->io, j->open->file, &s->iov[from],
	    (int)(s->iov_count - from), first ? 0 : j->open->tail);
	if (result == 0)
		result = j->io->sync(j->io, j->open->file);
	return result;
}

static void
keep_records(struct write_batch *s)
{
	struct record **link = &s->records;

	while (*link != NULL)
		link = &(*link)->next;
	for (uint32_t i = 0; i < s->item_count; i++) {
		if (s->items[i].source != NULL)
			continue;
		*link = s->items[i].record;
		link = &(*link)->next;
	}
	*link = NULL;
}

static void
next_batch(struct write_batch *s)
{
	s->number++;
	s->probe = false;
	s->bytes = 0;
	s->arena_len = 0;
	s->iov_count = 1;
	s->item_count = s->copy_count = s->ack_count = s->aux_count = 0;
}

static void
apply(struct journal *j)
{
	struct write_batch *s = j->batch;
	struct segment *open = j->open;

	open->tail += s->bytes;
	open->failed = 0;
	open->aux_count += s->aux_count;
	s->aborted_count = 0;
	for (uint32_t i = 0; i < s->item_count; i++)
		if (s->items[i].source == NULL)
			ack_record(j, &s->items[i]);
		else
			ack_copy(j, &s->items[i]);
	for (uint32_t i = 0; i < s->ack_count; i++)
		ack_part(j, s->acks[i].ref, s->acks[i].range);
}

/*
 * The next commit that succeeds says so. A file that failed before needs no
 * frame about its earlier life any more: replace that one.
 */
static void
note_aborted_tail(struct write_batch *s, struct segment *open)
{
	struct frame_aborted v = { open->epoch, open->tail };
	uint32_t i = 0;

	while (
	    i < s->aborted_count && s->aborted[i].epoch != open->aborted_epoch)
		i++;
	/* Without memory it stays unsaid: a start may find it again. */
	if (i == s->aborted_count && !write_batch_reserve_aborted(s))
		return;
	s->aborted[i] = v;
	s->aborted_count += i == s->aborted_count;
	open->aborted_epoch = open->epoch;
}

/*
 * Ends writing to this segment. If nothing in it is durable it goes back to the
 * free ones: its next life has another epoch. Else what is durable is copied
 * forward later, and a frame says where it ends.
 */
static void
abandon_segment(struct journal *j)
{
	struct write_batch *s = j->batch;
	struct segment *open = j->open;

	j->open = NULL;
	note_aborted_tail(s, open);
	if (open->tail == SEGMENT_HEADER) {
		open->failed++;
		journal_state_take_out(j, open);
		return;
	}
	open->state = SEGMENT_FULL;
	open->broken = true;
	open->limit = open->tail;
}

static void
undo_residency(struct journal *j)
{
	struct write_batch *s = j->batch;

	for (uint32_t i = 0; i < s->item_count; i++) {
		struct write_batch_item *item = &s->items[i];

		if (item->source != NULL)
			continue;
		if (item->ref != NULL && !item->record->pinned) {
			*table_index_memory(item->seg_table->index,
			    item->record) -= record_cost(item->record);
			j->resident -= record_cost(item->record);
		}
		record_ref_free(item->ref);
		table_index_unbind(item->seg_table->index, j->now);
	}
}

bool
group_commit_run(struct journal *j, struct err *err)
{
	struct write_batch *s = j->batch;
	int result;

	if (write_batch_empty(j) && !s->probe)
		return true;
	put_acks(j);
	put_moved(j);
	put_aborted(j);
	result = write_and_sync(j);
	keep_records(s);
	if (result == 0) {
		journal_state_begin_counts(j);
		apply(j);
		journal_state_end_counts(j);
		atomic_fetch_add(&j->counts.commits, 1);
		j->failed = false;
	} else {
		undo_residency(j);
		abandon_segment(j);
		atomic_fetch_add(&j->counts.failures, 1);
		err_set(err, ERR_HOST, 0, "write: %s", strerror(-result));
	}
	atomic_store(&j->counts.failing, result != 0);
	next_batch(s);
	capacity_recycle(j);
	return result == 0;
}

struct record *
group_commit_records(struct journal *j)
{
	struct record *records = j->batch->records;

	j->batch->records = NULL;
	return records;
}

void
group_commit_forget_aborted(struct journal *j, uint64_t epoch)
{
	struct write_batch *s = j->batch;

	for (uint32_t i = 0; i < s->aborted_count; i++)
		if (s->aborted[i].epoch == epoch)
			s->aborted[i--] = s->aborted[--s->aborted_count];
}
