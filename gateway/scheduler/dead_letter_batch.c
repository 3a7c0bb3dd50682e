#include "gateway/scheduler/dead_letter_batch.h"

#include <stdlib.h>
#include <string.h>

#define FULL_BYTES  (4 << 20)
#define SYNC_BYTES  (1 << 20) /* with one sync; or one batch */
#define SYNC_EVENTS 4096

/* What is buried with one sync. */
struct cortege {
	size_t batches, events, bytes; /* of the first gathered */
};

void
dead_letter_batch_add(struct dead_letter_batch *funeral, struct batch *batch)
{
	funeral->bytes += batch->bytes;
	batch_append(&funeral->gathered, batch);
}

bool
dead_letter_batch_full(const struct dead_letter_batch *funeral)
{
	return funeral->bytes >= FULL_BYTES;
}

struct batch *
dead_letter_batch_next(struct batch_list *list)
{
	struct batch *batch = list->first;

	if (batch != NULL)
		batch_unlist(batch);
	return batch;
}

/* What was withdrawn since it was gathered leaves in silence. */
static void
purge(struct dead_letter_batch *funeral, struct instant now)
{
	struct batch *batch, *next = funeral->gathered.first;

	while ((batch = next) != NULL) {
		next = batch->next;
		accounting_purge(funeral->ledger, batch, now);
		if (batch->part_count > 0)
			continue;
		batch_unlist(batch);
		batch_give(funeral->pool, batch);
	}
}

/* As many as one sync is good for; at most `most` of them. */
static struct cortege
form(const struct dead_letter_batch *funeral, size_t most)
{
	struct cortege c = { 0 };
	struct batch *b = funeral->gathered.first;

	for (; b != NULL && c.batches < most; b = b->next) {
		if (c.batches > 0 && (c.bytes + b->bytes > SYNC_BYTES ||
					 c.events + b->events > SYNC_EVENTS))
			break;
		c.batches++;
		c.events += b->events;
		c.bytes += b->bytes;
	}
	return c;
}

/* One for each event of the part, whose lines begin at `line`. */
static struct deadletter_sink *
write_part(struct deadletter_sink *to, const struct batch_part *part,
    const struct refusal *why, const char *line)
{
	const char *newline;

	for (uint32_t i = 0; i < part->events; i++, to++) {
		newline = memchr(line, '\n', part->bytes);
		*to = (struct deadletter_sink){
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

static struct deadletter_sink *
write_batch(struct deadletter_sink *to, const struct batch *batch)
{
	const char *line = batch->body;

	for (uint32_t i = 0; i < batch->part_count; i++) {
		to = write_part(to, &batch->parts[i], batch->refusal, line);
		line += batch->parts[i].bytes;
	}
	return to;
}

static enum deadletter_sink_answer
bury(
    struct dead_letter_batch *funeral, const struct cortege *c, int64_t wall_ms)
{
	struct deadletter_sink *burials = malloc(c->events * sizeof *burials);
	struct deadletter_sink *end = burials;
	const struct batch *b = funeral->gathered.first;
	enum deadletter_sink_answer answer;

	if (burials == NULL)
		return DEADLETTER_SINK_FAILED;
	for (size_t i = 0; i < c->batches; i++, b = b->next)
		end = write_batch(end, b);
	for (struct deadletter_sink *one = burials; one < end; one++)
		one->wall_ms = wall_ms;
	answer =
	    funeral->undertaker->bury(funeral->undertaker, burials, c->events);
	free(burials);
	return answer;
}

static void
move(struct dead_letter_batch *funeral, size_t batches, struct batch_list *to)
{
	struct batch *batch;

	while (batches-- > 0 &&
	       (batch = dead_letter_batch_next(&funeral->gathered)) != NULL)
		batch_append(to, batch);
}

/* The first gathered becomes two, with the same refusal. */
static bool
halve(struct dead_letter_batch *funeral)
{
	struct batch *batch = funeral->gathered.first;
	struct batch *front = batch_take(funeral->pool);
	struct refusal *why = malloc(sizeof *why);

	if (front == NULL || why == NULL ||
	    !batch_split(batch, batch->events / 2, front)) {
		free(why);
		if (front != NULL)
			batch_give(funeral->pool, front);
		return false;
	}
	*why = *batch->refusal;
	front->refusal = why;
	batch_prepend(&funeral->gathered, front);
	return true;
}

bool
dead_letter_batch_hold(
    struct dead_letter_batch *funeral, struct instant now, int64_t wall_ms)
{
	size_t most = SIZE_MAX;
	enum deadletter_sink_answer answer;
	struct cortege c;

	if (funeral->gathered.first == NULL)
		return false;
	purge(funeral, now);
	while (funeral->gathered.first != NULL) {
		c = form(funeral, most);
		answer = bury(funeral, &c, wall_ms);
		if (answer == DEADLETTER_SINK_KEPT)
			move(funeral, c.batches, &funeral->kept);
		else if (answer == DEADLETTER_SINK_FULL && c.batches > 1)
			most = 1; /* one by one, while they fit */
		else if (answer == DEADLETTER_SINK_FAILED || c.events == 1 ||
			 !halve(funeral))
			move(funeral, SIZE_MAX, &funeral->left);
	}
	funeral->bytes = 0;
	return funeral->kept.first != NULL || funeral->left.first != NULL;
}
