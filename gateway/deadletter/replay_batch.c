#include "gateway/deadletter/replay_batch.h"

#include <string.h>

#define ROOM_LEAST 4096

bool
replay_batch_fits(const struct replay_batch_chunk *chunk, size_t len)
{
	return chunk->letter_count == 0 ||
	       (chunk->letter_count < REPLAY_BATCH_LETTERS &&
		   chunk->bytes + len + 1 <= REPLAY_BATCH_BYTES);
}

static bool
is_from(const struct record *record, const struct replay_batch_event *event)
{
	return record->table == event->table &&
	       span_equal(span_of(record->producer), event->producer);
}

static struct replay_batch *
find(struct replay_batch_chunk *chunk, const struct replay_batch_event *event,
    uint64_t most)
{
	/* The last ones first: letters of one request stand together. */
	for (size_t i = chunk->count; i > 0; i--) {
		struct replay_batch *p = &chunk->parcels[i - 1];

		if (is_from(p->record, event) &&
		    p->record->bytes + event->line.len + 1 <= most)
			return p;
	}
	return NULL;
}

/* Its table is given to it with its first event. */
static struct replay_batch *
make(struct replay_batch_chunk *chunk, const struct replay_batch_event *event)
{
	struct replay_batch *p = &chunk->parcels[chunk->count];
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
	*p = (struct replay_batch){ .record = record };
	chunk->count++;
	return p;
}

static bool
make_room(struct replay_batch *p, size_t len)
{
	struct record *record = p->record, *grown;
	uint64_t room = record->room;

	while (room < record->bytes + len)
		room *= 2;
	if (room == record->room)
		return true;
	grown = record_grow(record, (uint32_t)room);
	if (grown == NULL)
		return false;
	p->record = grown;
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
replay_batch_add(struct replay_batch_chunk *chunk,
    const struct replay_batch_event *event, uint64_t most)
{
	struct replay_batch *p = find(chunk, event, most);
	struct instant now = { 0 };

	if (p == NULL && (p = make(chunk, event)) == NULL)
		return false;
	if (!make_room(p, event->line.len + 1))
		return false;
	if (p->record->table == NULL)
		p->record->table = event->table;
	else
		table_release(event->table, now); /* it has one */
	put_line(p->record, event);
	chunk->letters[chunk->letter_count++] =
	    (struct replay_batch_letter){ event->file, event->place,
		    (size_t)(p - chunk->parcels) };
	chunk->bytes += event->line.len + 1;
	return true;
}

void
replay_batch_reset(struct replay_batch_chunk *chunk, struct instant now)
{
	for (size_t i = 0; i < chunk->count; i++)
		record_free(chunk->parcels[i].record, now);
	chunk->count = chunk->letter_count = 0;
	chunk->bytes = 0;
}
