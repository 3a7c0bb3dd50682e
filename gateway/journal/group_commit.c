#include "gateway/journal/group_commit.h"

#include <string.h>

#include "gateway/journal/ack_apply.h"

/* A frame whose body is a list, built in the arena. */
static char *
begin_list(struct write_batch *s)
{
	return s->arena + s->arena_len + FRAME_HEADER;
}

static void
end_list(struct journal *j, enum frame_kind kind, const char *end)
{
	struct write_batch *s = j->stage;
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
	write_batch_add_part(s, head, size);
	s->bytes += size;
	j->open->aux[j->open->aux_count + s->aux_count++] = (uint32_t)at8;
}

/* Does this end the record, by what is known to be settled? */
static bool
ends(const struct record_ref *place, struct frame_range range)
{
	const struct range_set *parts =
	    segment_parts(place->segment, place->ordinal);
	struct frame_range gap;

	if (parts == NULL)
		return range.from == 0 && range.count >= place->events;
	return parts->events + range.count == place->events &&
	       range_set_gap(parts, range.from, place->events, &gap) &&
	       gap.from == range.from && gap.count == range.count;
}

static void
put_settled(struct journal *j)
{
	struct write_batch *s = j->stage;
	struct frame_settlement out;
	char *at = begin_list(s);

	for (uint32_t i = 0; i < s->settled_count; i++) {
		struct record_ref *place = s->settled[i].place;

		out.epoch = place->segment->epoch;
		out.ordinal = place->ordinal;
		out.range = s->settled[i].range;
		if (ends(place, out.range))
			out.range = (struct frame_range){ 0, FRAME_WHOLE };
		frame_settlement_put(at, &out);
		at += FRAME_SETTLEMENT;
	}
	end_list(j, FRAME_SETTLED, at);
}

static void
put_moved(struct journal *j)
{
	struct write_batch *s = j->stage;
	struct frame_settlement out = { .range = { 0, FRAME_WHOLE } };
	char *at = begin_list(s);

	for (uint32_t i = 0; i < s->item_count; i++) {
		if (s->items[i].source == NULL)
			continue;
		out.epoch = s->items[i].source->segment->epoch;
		out.ordinal = s->items[i].source_ordinal;
		frame_settlement_put(at, &out);
		at += FRAME_SETTLEMENT;
	}
	end_list(j, FRAME_MOVED, at);
}

static void
put_voids(struct journal *j)
{
	struct write_batch *s = j->stage;
	char *at = begin_list(s);

	for (uint32_t i = 0; i < s->void_count; i++) {
		struct segment *segment = journal_find(j, s->voids[i].epoch);

		if (segment != NULL)
			segment->void_tried = true;
		frame_void_put(at, s->voids[i]);
		at += FRAME_VOID_SIZE;
	}
	end_list(j, FRAME_VOID, at);
}

static int
write_and_sync(struct journal *j)
{
	struct write_batch *s = j->stage;
	bool first = j->open->tail == SEGMENT_HEADER;
	uint32_t from = first ? 0 : 1;
	int result;

	/*
	 * The process before us may have been killed between making a file
	 * and syncing its name.
	 */
	if (j->names_at_risk) {
		result = j->disk->sync_names(j->disk);
		if (result != 0)
			return result;
		j->names_at_risk = false;
	}
	s->parts[0].iov_base = s->head;
	s->parts[0].iov_len = sizeof s->head;
	result = j->disk->write(j->disk, j->open->file, &s->parts[from],
	    (int)(s->part_count - from), first ? 0 : j->open->tail);
	if (result == 0)
		result = j->disk->sync(j->disk, j->open->file);
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
	s->batch++;
	s->probe = false;
	s->bytes = 0;
	s->arena_len = 0;
	s->part_count = 1;
	s->item_count = s->copy_count = s->settled_count = s->aux_count = 0;
}

static void
apply(struct journal *j)
{
	struct write_batch *s = j->stage;
	struct segment *open = j->open;

	open->tail += s->bytes;
	open->failed = 0;
	open->aux_count += s->aux_count;
	s->void_count = 0;
	for (uint32_t i = 0; i < s->item_count; i++)
		if (s->items[i].source == NULL)
			ack_record(j, &s->items[i]);
		else
			ack_copy(j, &s->items[i]);
	for (uint32_t i = 0; i < s->settled_count; i++)
		ack_part(j, s->settled[i].place, s->settled[i].range);
}

/*
 * To be said in the next commit that succeeds.  A file that failed before has
 * one life less to speak of.
 */
static void
say_void(struct write_batch *s, struct segment *open)
{
	struct frame_void v = { open->epoch, open->tail };
	uint32_t i = 0;

	while (i < s->void_count && s->voids[i].epoch != open->void_epoch)
		i++;
	/* Without memory it stays unsaid: a start may find it again. */
	if (i == s->void_count && !write_batch_reserve_void(s))
		return;
	s->voids[i] = v;
	s->void_count += i == s->void_count;
	open->void_epoch = open->epoch;
}

/*
 * Gives the segment up.  One in which nothing is durable yet goes back to the
 * free ones: its next life has another epoch.  What is durable in another one
 * is copied on by and by, and a frame says where it ends.
 */
static void
give_up(struct journal *j)
{
	struct write_batch *s = j->stage;
	struct segment *open = j->open;

	j->open = NULL;
	say_void(s, open);
	if (open->tail == SEGMENT_HEADER) {
		open->failed++;
		journal_take_out(j, open);
		return;
	}
	open->state = SEGMENT_FULL;
	open->broken = true;
	open->limit = open->tail;
}

static void
take_back(struct journal *j)
{
	struct write_batch *s = j->stage;

	for (uint32_t i = 0; i < s->item_count; i++) {
		struct write_batch_item *item = &s->items[i];

		if (item->source != NULL)
			continue;
		if (item->place != NULL && !item->record->pinned) {
			*table_index_memory(item->holding->shelf,
			    item->record) -= record_cost(item->record);
			j->resident -= record_cost(item->record);
		}
		record_ref_free(item->place);
		table_index_unbind(item->holding->shelf, j->now);
	}
}

bool
group_commit_run(struct journal *j, struct err *err)
{
	struct write_batch *s = j->stage;
	int result;

	if (write_batch_empty(j) && !s->probe)
		return true;
	put_settled(j);
	put_moved(j);
	put_voids(j);
	result = write_and_sync(j);
	keep_records(s);
	if (result == 0) {
		journal_begin_counts(j);
		apply(j);
		journal_end_counts(j);
		atomic_fetch_add(&j->counts.commits, 1);
		j->failed = false;
	} else {
		take_back(j);
		give_up(j);
		atomic_fetch_add(&j->counts.failures, 1);
		err_set(err, ERR_HOST, 0, "write: %s", strerror(-result));
	}
	atomic_store(&j->counts.failing, result != 0);
	next_batch(s);
	journal_recycle(j);
	return result == 0;
}

struct record *
group_commit_records(struct journal *j)
{
	struct record *records = j->stage->records;

	j->stage->records = NULL;
	return records;
}

void
group_commit_forget_void(struct journal *j, uint64_t epoch)
{
	struct write_batch *s = j->stage;

	for (uint32_t i = 0; i < s->void_count; i++)
		if (s->voids[i].epoch == epoch)
			s->voids[i--] = s->voids[--s->void_count];
}
