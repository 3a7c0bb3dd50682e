#include "gateway/transmit/batch.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_PARTS 64
#define FIRST_ROOM  16384

/* A thousand batches of usual size, or sixteen of the largest. */
#define POOL_BYTES (16 * 1024 * 1024)

static void
batch_free(struct batch *batch)
{
	free(batch->parts);
	free(batch->body);
	free(batch);
}

void
batch_pool_fini(struct batch_pool *pool)
{
	struct batch *batch, *next;

	for (batch = pool->spare; batch != NULL; batch = next) {
		next = batch->next;
		batch_free(batch);
	}
	*pool = (struct batch_pool){ 0 };
}

struct batch *
batch_take(struct batch_pool *pool)
{
	struct batch *batch = pool->spare;

	if (batch == NULL)
		return calloc(1, sizeof *batch);
	pool->spare = batch->next;
	pool->bytes -= batch->room;
	batch->next = NULL;
	return batch;
}

void
batch_give(struct batch_pool *pool, struct batch *batch)
{
	if (pool->bytes + batch->room > POOL_BYTES) {
		batch_free(batch);
		return;
	}
	batch_reset(batch);
	pool->bytes += batch->room;
	batch->next = pool->spare;
	pool->spare = batch;
}

void
batch_reset(struct batch *batch)
{
	*batch = (struct batch){
		.parts = batch->parts,
		.part_room = batch->part_room,
		.body = batch->body,
		.room = batch->room,
	};
}

static bool
grow_parts(struct batch *batch)
{
	uint32_t room = batch->part_room ? 2 * batch->part_room : FIRST_PARTS;
	struct batch_part *parts =
	    realloc(batch->parts, room * sizeof *batch->parts);

	if (parts == NULL)
		return false;
	batch->parts = parts;
	batch->part_room = room;
	return true;
}

bool
batch_plan(struct batch *batch, struct batch_part part)
{
	if (batch->part_count == batch->part_room && !grow_parts(batch))
		return false;
	batch->parts[batch->part_count++] = part;
	batch->events += part.events;
	batch->bytes += part.bytes;
	return true;
}

/* Twice the room each time: batches of one table are of one size, soon. */
static bool
grow_body(struct batch *batch)
{
	size_t room = batch->room ? batch->room : FIRST_ROOM;
	char *body;

	while (room < batch->bytes)
		room *= 2;
	body = malloc(room);
	if (body == NULL)
		return false;
	free(batch->body);
	batch->body = body;
	batch->room = room;
	return true;
}

bool
batch_fill(struct batch *batch)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;
	char *at;

	if (batch->bytes > batch->room && !grow_body(batch))
		return false;
	at = batch->body;
	for (; part < end; part++) {
		memcpy(at, part->record->lines + part->offset, part->bytes);
		at += part->bytes;
	}
	return true;
}

void
batch_compact(struct batch *batch)
{
	const char *from = batch->body;
	char *to = batch->body;
	uint32_t kept = 0, events = 0;
	struct batch_part part;

	for (uint32_t i = 0; i < batch->part_count; i++) {
		part = batch->parts[i];
		if (part.record != NULL) {
			memmove(to, from, part.bytes);
			to += part.bytes;
			events += part.events;
			batch->parts[kept++] = part;
		}
		from += part.bytes;
	}
	batch->part_count = kept;
	batch->events = events;
	batch->bytes = (size_t)(to - batch->body);
}
