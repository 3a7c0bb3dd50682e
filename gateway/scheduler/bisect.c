#include "gateway/scheduler/bisect.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/scheduler/backoff.h"

#define WITNESS_NS (60 * NS_PER_S) /* taken before a suspect, it counts */
#define DOUBT      3               /* refusals in a row */

/* What a 413 taught grows by a tenth each minute. */
#define FORGET_NS   (60 * NS_PER_S)
#define FORGET_PART 10

static bool
taken_lately(const struct lane *lane, struct instant now)
{
	return lane->any_ok && now.ns - lane->ok_at.ns <= WITNESS_NS;
}

static void
count(struct lane *lane, const struct batch *batch, struct instant now)
{
	lane->refusals++;
	lane->part_calls += batch->piece;
	lane->singles += batch->events == 1;
	lane->in_doubt = lane->refusals >= DOUBT || !taken_lately(lane, now);
}

static bool
is_wrong(const struct lane *lane)
{
	return lane->singles >= BISECT_SINGLES_MOST ||
	       lane->part_calls >= BISECT_PIECES_MOST;
}

/* Not at fault after all, or not known to be: among the retries, in order. */
static void
acquit(struct lane *lane)
{
	static const enum lane_list lists[] = { LANE_PIECES, LANE_SUSPECTS };
	struct batch *b;

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		while ((b = lane->kept[lists[i]].last) != NULL) {
			batch_unlist(b);
			b->attempts = 1; /* takes turns with what is fresh */
			lane_retry_first(lane, b);
		}
	lane->unsure = true;
}

static bool
note(struct batch *batch, const struct upstream_answer *answer,
    const char *word, struct instant now)
{
	struct refusal *r = batch->refusal;

	if (r == NULL)
		batch->refusal = r = calloc(1, sizeof *r);
	if (r == NULL)
		return false;
	r->word = word;
	r->status = answer->status;
	r->at = now;
	r->sure = answer->status == 413 || taken_lately(batch->lane, now);
	r->len = answer->text.len < REFUSAL_TEXT_MAX ? answer->text.len
						     : REFUSAL_TEXT_MAX;
	if (r->len > 0)
		memcpy(r->text, answer->text.at, r->len);
	return true;
}

/* It was refused before, and others were taken since. */
static bool
guilty(const struct batch *batch)
{
	const struct lane *lane = batch->lane;

	return batch->refusal != NULL && lane->any_ok &&
	       lane->ok_at.ns > batch->refusal->at.ns;
}

static enum bisect_answer
suspect(struct batch *batch, const struct upstream_answer *answer,
    const char *word, struct instant now)
{
	struct lane *lane = batch->lane;
	bool again = guilty(batch);

	lane->singles -= again; /* it says nothing about the lane */
	if (!note(batch, answer, word, now))
		return BISECT_NO_MEMORY;
	if (!again && is_wrong(lane))
		return BISECT_WRONG;
	batch->refusal->guilty = again;
	batch->piece = false;
	batch_append(&lane->kept[LANE_SUSPECTS], batch);
	return again ? BISECT_GUILTY : BISECT_SUSPECTED;
}

/* A limit on size is the upstream's: no need to run into it again. */
static void
learn_size(struct lane *lane, const struct batch *batch, struct instant now)
{
	uint64_t half = batch->bytes / 2;

	if (lane->cap_bytes > 0 && lane->cap_bytes <= half)
		return;
	lane->cap_bytes = half;
	lane->cap_at = now;
}

/* Pieces of pieces first: depth before breadth. */
static enum bisect_answer
split(struct bisect *sieve, struct batch *batch)
{
	struct batch_list *pieces = &batch->lane->kept[LANE_PIECES];
	struct batch *front = batch_take(sieve->pool);
	bool deeper = batch->piece;

	if (front == NULL)
		return BISECT_NO_MEMORY;
	if (!batch_split(batch, (batch->events + 1) / 2, front)) {
		batch_give(sieve->pool, front);
		return BISECT_NO_MEMORY;
	}
	front->piece = batch->piece = true;
	batch->attempts = 0;
	batch->due = front->due;
	(deeper ? batch_prepend : batch_append)(pieces, deeper ? batch : front);
	(deeper ? batch_prepend : batch_append)(pieces, deeper ? front : batch);
	return BISECT_SPLIT;
}

enum bisect_answer
bisect_refused(struct bisect *sieve, struct batch *batch,
    const struct upstream_answer *answer, const char *word, struct instant now)
{
	struct lane *lane = batch->lane;
	enum bisect_answer result;

	count(lane, batch, now);
	if (batch->events > 1 && answer->status == 413)
		learn_size(lane, batch, now);
	if (batch->events == 1)
		result = suspect(batch, answer, word, now);
	else if (is_wrong(lane))
		result = BISECT_WRONG;
	else
		result = split(sieve, batch);
	if (result == BISECT_WRONG)
		acquit(lane);
	return result;
}

/*
 * The limit may have been raised since, or was met by chance; should it stand,
 * running into it costs two calls.
 */
static void
forget_size(struct lane *lane, struct instant now)
{
	uint64_t most = lane->table->options.batch.max_bytes;

	while (lane->cap_bytes > 0 && now.ns - lane->cap_at.ns >= FORGET_NS) {
		lane->cap_bytes += lane->cap_bytes / FORGET_PART + 1;
		lane->cap_at.ns += FORGET_NS;
		if (lane->cap_bytes >= most)
			lane->cap_bytes = 0;
	}
}

/* Those that nobody could witness for: another try tells. */
static void
ask_again(struct lane *lane, struct instant now)
{
	struct batch *b = lane->kept[LANE_RETRIES].first;

	for (; b != NULL; b = b->next)
		if (b->refusal != NULL && !b->refusal->guilty)
			b->due = now;
	lane->unsure = false;
}

void
bisect_taken(struct lane *lane, struct instant now)
{
	struct batch *b = lane->kept[LANE_SUSPECTS].first;

	if (lane->unsure)
		ask_again(lane, now);
	forget_size(lane, now);
	lane->refusals = lane->singles = lane->part_calls = 0;
	lane->in_doubt = false;
	lane->any_ok = true;
	lane->ok_at = now;
	for (; b != NULL; b = b->next)
		b->refusal->guilty = true;
}

/*
 * Whoever waits for the delivery still has the event: where nobody keeps dead
 * letters, to be told is enough for him.
 */
static bool
give_back(struct bisect *sieve, struct batch *batch, struct instant now)
{
	if (batch->parts[0].record->completion == NULL)
		return false;
	accounting_returned(sieve->ledger, batch, now);
	return true;
}

/* Seldom tried again, so that the others of its lane flow in between. */
void
bisect_stays(struct batch *batch, struct instant now)
{
	batch->attempts++;
	batch->due.ns = now.ns + backoff_ns(&backoff_hold, batch->attempts, 0);
	lane_retry(batch->lane, batch);
}

static void
drop(struct bisect *sieve, struct batch *batch)
{
	batch_unlist(batch);
	batch_give(sieve->pool, batch);
}

/* Has nothing more to wait for: a witness came, or none will. */
static bool
is_ripe(struct batch *batch)
{
	struct refusal *refusal = batch->refusal;

	if (!refusal->guilty && lane_has_more(batch->lane))
		return false;
	refusal->guilty |= refusal->sure;
	return true;
}

/* Of a guilty one.  True: its producer was told, who waits. */
static bool
condemn(struct bisect *sieve, struct batch *batch, struct instant now,
    bool *stays_out)
{
	batch_unlist(batch);
	if (sieve->funeral->undertaker != NULL) {
		dead_letter_batch_add(sieve->funeral, batch);
		return false;
	}
	if (give_back(sieve, batch, now)) {
		batch_give(sieve->pool, batch);
		return true;
	}
	*stays_out = true;
	bisect_stays(batch, now);
	return false;
}

/* 1 if its producer was told. */
static uint32_t
decide(struct bisect *sieve, struct batch *batch, struct instant now,
    bool *stays_out)
{
	accounting_purge(sieve->ledger, batch, now);
	if (batch->part_count == 0) {
		drop(sieve, batch);
		return 0;
	}
	if (!is_ripe(batch))
		return 0;
	if (batch->refusal->guilty)
		return condemn(sieve, batch, now, stays_out);
	batch->lane->unsure = true;
	batch_unlist(batch);
	bisect_stays(batch, now);
	return 0;
}

uint32_t
bisect_settle(struct bisect *sieve, struct lane *lane, struct instant now,
    bool *stays_out)
{
	struct batch *batch, *next = lane->kept[LANE_SUSPECTS].first;
	uint32_t told = 0;

	while ((batch = next) != NULL) {
		next = batch->next;
		told += decide(sieve, batch, now, stays_out);
	}
	return told;
}
