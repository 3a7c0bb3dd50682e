#include "gateway/scheduler/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/array.h"

#define FIRST_ROOM 16384

/* A thousand batches of usual size, or sixteen of the largest. */
#define POOL_BYTES (16 * 1024 * 1024)

static void
batch_free(struct batch *batch)
{
	free(batch->refusal);
	free(batch->parts);
	free(batch->body);
	free(batch);
}

void
batch_pool_fini(struct batch_pool *pool)
{
	struct list_node *node;

	while ((node = list_pop(&pool->spare)) != NULL)
		batch_free(batch_of(node));
	*pool = (struct batch_pool){ 0 };
}

struct batch *
batch_take(struct batch_pool *pool)
{
	struct batch *batch = batch_of(list_pop(&pool->spare));

	if (batch == NULL)
		return calloc(1, sizeof *batch);
	pool->bytes -= batch->room;
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
	list_push_front(&pool->spare, &batch->node);
}

void
batch_reset(struct batch *batch)
{
	free(batch->refusal);
	*batch = (struct batch){
		.parts = batch->parts,
		.part_room = batch->part_room,
		.body = batch->body,
		.room = batch->room,
	};
}

bool
batch_plan(struct batch *batch, struct batch_part part)
{
	if (batch->part_count == batch->part_room &&
	    !array_reserve(&batch->parts, &batch->part_room,
		batch->part_count + 1, sizeof *batch->parts))
		return false;
	batch->parts[batch->part_count++] = part;
	batch->events += part.events;
	batch->bytes += part.bytes;
	return true;
}

/* Room grows by doubling: the batches of one table soon have one size. */
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

/* Bytes of the first `events` lines. */
static size_t
lines_bytes(const char *at, const char *end, uint32_t events)
{
	const char *start = at, *newline;

	while (events-- > 0) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (newline == NULL)
			return (size_t)(end - start);
		at = newline + 1;
	}
	return (size_t)(at - start);
}

/* The part's first events; the others stay. */
static struct batch_part
part_front(struct batch_part *part, const char *at, uint32_t events)
{
	struct batch_part front = *part;

	if (events >= part->events)
		return front;
	front.events = events;
	front.bytes = (uint32_t)lines_bytes(at, at + part->bytes, events);
	return front;
}

/* Removes what `front` has taken. */
static void
drop_front(struct batch *batch, const struct batch *front)
{
	uint32_t whole = front->part_count - 1;
	const struct batch_part *last = &front->parts[whole];
	struct batch_part *cut = &batch->parts[whole];

	if (last->events == cut->events) {
		whole++;
	} else {
		cut->events -= last->events;
		cut->offset += last->bytes;
		cut->first += last->events;
		cut->bytes -= last->bytes;
	}
	batch->part_count -= whole;
	memmove(batch->parts, batch->parts + whole,
	    batch->part_count * sizeof *batch->parts);
	batch->events -= front->events;
	batch->bytes -= front->bytes;
	memmove(batch->body, batch->body + front->bytes, batch->bytes);
}

bool
batch_split(struct batch *batch, uint32_t events, struct batch *front)
{
	struct batch_part part;
	uint32_t i = 0;

	assert(events > 0 && events < batch->events && front->part_count == 0);
	for (; front->events < events; i++) {
		part = part_front(&batch->parts[i], batch->body + front->bytes,
		    events - front->events);
		if (!batch_plan(front, part))
			goto no_memory;
	}
	if (front->bytes > front->room && !grow_body(front))
		goto no_memory;
	memcpy(front->body, batch->body, front->bytes);
	front->lane = batch->lane;
	front->earliest_ms = batch->earliest_ms;
	front->call = batch->call;
	front->again = batch->again;
	drop_front(batch, front);
	return true;
no_memory:
	batch_reset(front);
	return false;
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
