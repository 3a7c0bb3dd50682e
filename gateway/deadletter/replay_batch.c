#include "gateway/deadletter/replay_batch.h"

#include <string.h>

#define ROOM_LEAST 4096

bool
replay_batch_fits(const struct replay_batch *batch, size_t len)
{
	return batch->letter_count == 0 ||
	       (batch->letter_count < REPLAY_BATCH_LETTERS &&
		   batch->bytes + len + 1 <= REPLAY_BATCH_BYTES);
}

static bool
is_from(const struct record *record, const struct replay_batch_event *event)
{
	return record->table == event->table &&
	       span_equal(span_of(record->producer), event->producer);
}

static struct replay_batch_record *
find(struct replay_batch *batch, const struct replay_batch_event *event,
    uint64_t most)
{
	/* The last ones first: letters of one request are neighbours. */
	for (size_t i = batch->record_count; i > 0; i--) {
		struct replay_batch_record *r = &batch->records[i - 1];

		if (is_from(r->record, event) &&
		    r->record->bytes + event->line.len + 1 <= most)
			return r;
	}
	return NULL;
}

/* Without its table yet: that comes with the first event. */
static struct replay_batch_record *
add_record(struct replay_batch *batch, const struct replay_batch_event *event)
{
	struct replay_batch_record *r = &batch->records[batch->record_count];
	size_t len = event->line.len + 1;
	struct record *record =
	    record_new((uint32_t)(len < ROOM_LEAST ? ROOM_LEAST : len));

	if (record == NULL)
		return NULL;
	if (event->producer.len > 0) {
		record->producer =
		    strndup(event->producer.at, event->producer.len);
		if (record->producer == NULL) {
			record_free(record, (struct instant){ 0 });
			return NULL;
		}
	}
	record->earliest_ms = INT64_MAX;
	*r = (struct replay_batch_record){ .record = record };
	batch->record_count++;
	return r;
}

static bool
make_room(struct replay_batch_record *r, size_t len)
{
	struct record *record = r->record, *grown;
	uint64_t room = record->room;

	while (room < record->bytes + len)
		room *= 2;
	if (room == record->room)
		return true;
	grown = record_grow(record, (uint32_t)room);
	if (grown == NULL)
		return false;
	r->record = grown;
	return true;
}

static void
put_line(struct record *record, const struct replay_batch_event *event)
{
	memcpy(record->lines + record->bytes, event->line.at, event->line.len);
	record->bytes += (uint32_t)event->line.len;
	record->lines[record->bytes++] = '\n';
	record->events++;
	if (event->time_ms < record->earliest_ms)
		record->earliest_ms = event->time_ms;
}

bool
replay_batch_add(struct replay_batch *batch,
    const struct replay_batch_event *event, uint64_t most)
{
	struct replay_batch_record *r = find(batch, event, most);
	struct instant now = { 0 };

	if (r == NULL && (r = add_record(batch, event)) == NULL)
		return false;
	if (!make_room(r, event->line.len + 1))
		return false;
	if (r->record->table == NULL)
		r->record->table = event->table;
	else
		table_release(event->table, now); /* the record has one */
	put_line(r->record, event);
	batch->letters[batch->letter_count++] =
	    (struct replay_batch_letter){ event->file, event->range,
		    (size_t)(r - batch->records) };
	batch->bytes += event->line.len + 1;
	return true;
}

void
replay_batch_reset(struct replay_batch *batch, struct instant now)
{
	for (size_t i = 0; i < batch->record_count; i++)
		record_free(batch->records[i].record, now);
	batch->record_count = batch->letter_count = 0;
	batch->bytes = 0;
}
