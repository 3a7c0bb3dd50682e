/*
 * judge - carries out what an answer means for batch, lane and gate.
 *
 * A function for each verdict.  None of them drops an event: a batch is either
 * delivered, and its events leave, or it goes back to its lane with a time, or
 * through the sieve, which finds out which of its events are refused.
 *
 * A wait that the upstream names in Retry-After counts as it stands.
 * RateLimit-Reset counts with a 429 only: Polaris sends it with every answer,
 * and a 502 that says when the minute ends does not say when the trouble does.
 *
 * Units	instants; whatever is drawn by chance comes from `random`.
 * Ownership	borrows all; takes the batch, which is in flight no more.
 * Threads	the pump's.
 * Errors	none.
 */
#ifndef GATEWAY_TRANSMIT_JUDGE_H
#define GATEWAY_TRANSMIT_JUDGE_H

#include <stdint.h>

#include "gateway/transmit/batch.h"
#include "gateway/transmit/gate.h"
#include "gateway/transmit/ledger.h"
#include "gateway/transmit/pace.h"
#include "gateway/transmit/sieve.h"
#include "gateway/transmit/upstream.h"

struct judge {
	struct ledger *ledger;
	struct gate *gate;
	struct pace *pace;
	struct batch_pool *pool;
	struct sieve sieve;
	uint64_t random; /* any seed */
	struct instant now;
	int64_t wall_ms;
	const char *why;            /* there is no answer; NULL: there is */
	struct instant quiet_until; /* complain of a 429 no sooner */
	int64_t pauses;             /* not told of since */
	struct instant told_since;  /* this minute's complaints of lanes: */
	unsigned told;
	int64_t untold;
	uint64_t served;       /* answers 2xx so far */
	uint32_t unauthorized; /* lanes refused with 401 since the last */
};

/* The next number by chance. */
uint32_t judge_chance(struct judge *judge);

void judge_answer(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, struct sieve_time at);

/* Something left the lane without an answer: what follows from that. */
void judge_settle(struct judge *judge, struct lane *lane, struct instant now);

/* Of a funeral: the batch is kept among the dead letters, or is left. */
void judge_buried(struct judge *judge, struct batch *batch, struct instant now);
void judge_unburied(
    struct judge *judge, struct batch *batch, struct instant now);

#endif
