#include "gateway/scheduler/dead_letter_batch.h"

#include <stdlib.h>
#include <string.h>

#define CYCLE_BYTES (4 << 20)
#define SYNC_BYTES  (1 << 20) /* with one sync, unless one batch is larger */
#define SYNC_EVENTS 4096

/* What is stored with one sync. */
struct sync_group {
	size_t batches, events, bytes; /* the first that are gathered */
};

void
dead_letter_batch_add(
    struct dead_letter_batch *dead_letters, struct batch *batch)
{
	dead_letters->bytes += batch->bytes;
	list_push_back(&dead_letters->gathered, &batch->node);
}

bool
dead_letter_batch_full(const struct dead_letter_batch *dead_letters)
{
	return dead_letters->bytes >= CYCLE_BYTES;
}

struct batch *
dead_letter_batch_next(struct list *list)
{
	return batch_of(list_pop(list));
}

/* Drops what was withdrawn since it was gathered. */
static void
purge(struct dead_letter_batch *dead_letters, struct instant now)
{
	struct batch *batch, *next = batch_of(dead_letters->gathered.first);

	while ((batch = next) != NULL) {
		next = batch_next(batch);
		accounting_purge(dead_letters->accounting, batch, now);
		if (batch->part_count > 0)
			continue;
		list_remove(&batch->node);
		batch_give(dead_letters->pool, batch);
	}
}

/* As many as go with one sync; at most max_batches. */
static struct sync_group
next_group(const struct dead_letter_batch *dead_letters, size_t max_batches)
{
	struct sync_group c = { 0 };
	struct batch *b = batch_of(dead_letters->gathered.first);

	for (; b != NULL && c.batches < max_batches; b = batch_next(b)) {
		if (c.batches > 0 && (c.bytes + b->bytes > SYNC_BYTES ||
					 c.events + b->events > SYNC_EVENTS))
			break;
		c.batches++;
		c.events += b->events;
		c.bytes += b->bytes;
	}
	return c;
}

/* One letter for each event of the part; its lines begin at `line`. */
static struct deadletter_sink_event *
fill_part(struct deadletter_sink_event *to, const struct batch_part *part,
    const struct refusal *why, const char *line)
{
	const char *newline;

	for (uint32_t i = 0; i < part->events; i++, to++) {
		newline = memchr(line, '\n', part->bytes);
		*to = (struct deadletter_sink_event){
			.record = part->record,
			.number = part->record->first_event + part->first + i,
			.event = { line, (size_t)(newline - line) },
			.reason = why->word,
			.status = why->status,
			.answer = { why->text, why->len },
		};
		line = newline + 1;
	}
	return to;
}

static struct deadletter_sink_event *
fill_batch(struct deadletter_sink_event *to, const struct batch *batch)
{
	const char *line = batch->body;

	for (uint32_t i = 0; i < batch->part_count; i++) {
		to = fill_part(to, &batch->parts[i], batch->refusal, line);
		line += batch->parts[i].bytes;
	}
	return to;
}

static enum deadletter_store_result
store(struct dead_letter_batch *dead_letters, const struct sync_group *c,
    int64_t wall_ms)
{
	struct deadletter_sink_event *letters =
	    malloc(c->events * sizeof *letters);
	struct deadletter_sink_event *end = letters;
	const struct batch *b = batch_of(dead_letters->gathered.first);
	enum deadletter_store_result answer;

	if (letters == NULL)
		return DEADLETTER_STORE_FAILED;
	for (size_t i = 0; i < c->batches; i++, b = batch_next(b))
		end = fill_batch(end, b);
	for (struct deadletter_sink_event *letter = letters; letter < end;
	     letter++)
		letter->wall_ms = wall_ms;
	answer =
	    dead_letters->sink->keep(dead_letters->sink, letters, c->events);
	free(letters);
	return answer;
}

static void
move_to(struct dead_letter_batch *dead_letters, size_t batches, struct list *to)
{
	struct batch *batch;

	while (batches-- > 0 && (batch = dead_letter_batch_next(
				     &dead_letters->gathered)) != NULL)
		list_push_back(to, &batch->node);
}

/* Splits the first gathered in two, with the same refusal. */
static bool
halve(struct dead_letter_batch *dead_letters)
{
	struct batch *batch = batch_of(dead_letters->gathered.first);
	struct batch *front = batch_take(dead_letters->pool);
	struct refusal *why = malloc(sizeof *why);

	if (front == NULL || why == NULL ||
	    !batch_split(batch, batch->events / 2, front)) {
		free(why);
		if (front != NULL)
			batch_give(dead_letters->pool, front);
		return false;
	}
	*why = *batch->refusal;
	front->refusal = why;
	list_push_front(&dead_letters->gathered, &front->node);
	return true;
}

bool
dead_letter_batch_flush(
    struct dead_letter_batch *dead_letters, struct instant now, int64_t wall_ms)
{
	size_t max_batches = SIZE_MAX;
	enum deadletter_store_result answer;
	struct sync_group c;

	if (dead_letters->gathered.first == NULL)
		return false;
	purge(dead_letters, now);
	while (dead_letters->gathered.first != NULL) {
		c = next_group(dead_letters, max_batches);
		answer = store(dead_letters, &c, wall_ms);
		if (answer == DEADLETTER_STORE_KEPT)
			move_to(dead_letters, c.batches, &dead_letters->stored);
		else if (answer == DEADLETTER_STORE_FULL && c.batches > 1)
			max_batches = 1; /* one by one, while they fit */
		else if (answer == DEADLETTER_STORE_FAILED || c.events == 1 ||
			 !halve(dead_letters))
			move_to(
			    dead_letters, SIZE_MAX, &dead_letters->not_stored);
	}
	dead_letters->bytes = 0;
	return dead_letters->stored.first != NULL ||
	       dead_letters->not_stored.first != NULL;
}
