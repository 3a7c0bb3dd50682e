#include "gateway/scheduler/bisect.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/scheduler/backoff.h"

#define CONTROL_NS          (60 * NS_PER_S) /* a control before the refusal */
#define REFUSALS_ONE_BY_ONE 3               /* refusals in a row */

/* What a 413 taught grows by a tenth each minute. */
#define FORGET_NS   (60 * NS_PER_S)
#define FORGET_PART 10

static bool
delivered_lately(const struct lane *lane, struct instant now)
{
	return lane->any_ok && now.ns - lane->ok_at.ns <= CONTROL_NS;
}

static void
count(struct lane *lane, const struct batch *batch, struct instant now)
{
	lane->refusals++;
	lane->pieces_refused += batch->piece;
	lane->singles += batch->events == 1;
	lane->one_by_one = lane->refusals >= REFUSALS_ONE_BY_ONE ||
			   !delivered_lately(lane, now);
}

static bool
lane_at_fault(const struct lane *lane)
{
	return lane->singles >= BISECT_SINGLES_MAX ||
	       lane->pieces_refused >= BISECT_PIECES_MAX;
}

/* The lane is at fault: its pieces and candidates become retries, in order. */
static void
return_to_retries(struct lane *lane)
{
	static const enum lane_list lists[] = { LANE_PIECES, LANE_CANDIDATES };
	struct batch *b;

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		while ((b = batch_of(lane->batches[lists[i]].last)) != NULL) {
			list_remove(&b->node);
			b->attempts = 1; /* alternates with fresh batches */
			lane_retry_first(lane, b);
		}
	lane->undetermined = true;
}

static bool
record_refusal(struct batch *batch, const struct upstream_answer *answer,
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
	r->confirm_if_last =
	    answer->status == 413 || delivered_lately(batch->lane, now);
	r->len = answer->text.len < REFUSAL_TEXT_MAX ? answer->text.len
						     : REFUSAL_TEXT_MAX;
	if (r->len > 0)
		memcpy(r->text, answer->text.at, r->len);
	return true;
}

/* It was refused before, and others were delivered since. */
static bool
confirmed(const struct batch *batch)
{
	const struct lane *lane = batch->lane;

	return batch->refusal != NULL && lane->any_ok &&
	       lane->ok_at.ns > batch->refusal->at.ns;
}

static enum bisect_answer
add_candidate(struct batch *batch, const struct upstream_answer *answer,
    const char *word, struct instant now)
{
	struct lane *lane = batch->lane;
	bool again = confirmed(batch);

	lane->singles -= again; /* the event is at fault, not the lane */
	if (!record_refusal(batch, answer, word, now))
		return BISECT_NO_MEMORY;
	if (!again && lane_at_fault(lane))
		return BISECT_LANE_AT_FAULT;
	batch->refusal->confirmed = again;
	batch->piece = false;
	list_push_back(&lane->batches[LANE_CANDIDATES], &batch->node);
	return again ? BISECT_CONFIRMED : BISECT_CANDIDATE;
}

/* Half the size from now on, not to run into the upstream's limit again. */
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
split(struct bisect *bisect, struct batch *batch)
{
	struct list *pieces = &batch->lane->batches[LANE_PIECES];
	struct batch *front = batch_take(bisect->pool);
	bool deeper = batch->piece;

	if (front == NULL)
		return BISECT_NO_MEMORY;
	if (!batch_split(batch, (batch->events + 1) / 2, front)) {
		batch_give(bisect->pool, front);
		return BISECT_NO_MEMORY;
	}
	front->piece = batch->piece = true;
	batch->attempts = 0;
	batch->due = front->due;
	if (deeper) {
		list_push_front(pieces, &batch->node);
		list_push_front(pieces, &front->node);
	} else {
		list_push_back(pieces, &front->node);
		list_push_back(pieces, &batch->node);
	}
	return BISECT_SPLIT;
}

enum bisect_answer
bisect_refused(struct bisect *bisect, struct batch *batch,
    const struct upstream_answer *answer, const char *word, struct instant now)
{
	struct lane *lane = batch->lane;
	enum bisect_answer result;

	count(lane, batch, now);
	if (batch->events > 1 && answer->status == 413)
		learn_size(lane, batch, now);
	if (batch->events == 1)
		result = add_candidate(batch, answer, word, now);
	else if (lane_at_fault(lane))
		result = BISECT_LANE_AT_FAULT;
	else
		result = split(bisect, batch);
	if (result == BISECT_LANE_AT_FAULT)
		return_to_retries(lane);
	return result;
}

/*
 * The upstream's limit may have been raised since.  If it was not, running into
 * it costs two calls.
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

/* There is a control now: undetermined events are tried again. */
static void
retry_undetermined(struct lane *lane, struct instant now)
{
	struct batch *b = batch_of(lane->batches[LANE_RETRIES].first);

	for (; b != NULL; b = batch_next(b))
		if (b->refusal != NULL && !b->refusal->confirmed)
			b->due = now;
	lane->undetermined = false;
}

void
bisect_delivered(struct lane *lane, struct instant now)
{
	struct batch *b = batch_of(lane->batches[LANE_CANDIDATES].first);

	if (lane->undetermined)
		retry_undetermined(lane, now);
	forget_size(lane, now);
	lane->refusals = lane->singles = lane->pieces_refused = 0;
	lane->one_by_one = false;
	lane->any_ok = true;
	lane->ok_at = now;
	for (; b != NULL; b = batch_next(b))
		b->refusal->confirmed = true;
}

/*
 * The producer who waits for the delivery still has the event.  Where nobody
 * stores dead letters it is enough to report it.
 */
static bool
report_to_producer(
    struct bisect *bisect, struct batch *batch, struct instant now)
{
	if (batch->parts[0].record->completion == NULL)
		return false;
	accounting_returned(bisect->accounting, batch, now);
	return true;
}

/* With long waits, so that the other events of its lane flow in between. */
void
bisect_retry_later(struct batch *batch, struct instant now)
{
	batch->attempts++;
	batch->due.ns = now.ns + backoff_ns(&backoff_hold, batch->attempts, 0);
	lane_retry(batch->lane, batch);
}

static void
drop(struct bisect *bisect, struct batch *batch)
{
	list_remove(&batch->node);
	batch_give(bisect->pool, batch);
}

/* Nothing more to wait for: a control was delivered, or none will be. */
static bool
is_decided(struct batch *batch)
{
	struct refusal *refusal = batch->refusal;

	if (!refusal->confirmed && lane_has_more(batch->lane))
		return false;
	refusal->confirmed |= refusal->confirm_if_last;
	return true;
}

/* Of a confirmed one.  True: it was reported to its producer. */
static bool
reject(struct bisect *bisect, struct batch *batch, struct instant now,
    bool *not_stored)
{
	list_remove(&batch->node);
	if (bisect->dead_letters->sink != NULL) {
		dead_letter_batch_add(bisect->dead_letters, batch);
		return false;
	}
	if (report_to_producer(bisect, batch, now)) {
		batch_give(bisect->pool, batch);
		return true;
	}
	*not_stored = true;
	bisect_retry_later(batch, now);
	return false;
}

/* 1: it was reported to its producer. */
static uint32_t
decide(struct bisect *bisect, struct batch *batch, struct instant now,
    bool *not_stored)
{
	accounting_purge(bisect->accounting, batch, now);
	if (batch->part_count == 0) {
		drop(bisect, batch);
		return 0;
	}
	if (!is_decided(batch))
		return 0;
	if (batch->refusal->confirmed)
		return reject(bisect, batch, now, not_stored);
	batch->lane->undetermined = true;
	list_remove(&batch->node);
	bisect_retry_later(batch, now);
	return 0;
}

uint32_t
bisect_review(struct bisect *bisect, struct lane *lane, struct instant now,
    bool *not_stored)
{
	struct batch *batch,
	    *next = batch_of(lane->batches[LANE_CANDIDATES].first);
	uint32_t reported = 0;

	while ((batch = next) != NULL) {
		next = batch_next(batch);
		reported += decide(bisect, batch, now, not_stored);
	}
	return reported;
}
