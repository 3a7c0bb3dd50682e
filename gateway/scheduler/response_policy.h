/*
 * response_policy - carries out what an answer means for batch, lane and gate.
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
#ifndef GATEWAY_SCHEDULER_RESPONSE_POLICY_H
#define GATEWAY_SCHEDULER_RESPONSE_POLICY_H

#include <stdint.h>

#include "gateway/scheduler/batch.h"
#include "gateway/scheduler/circuit_breaker.h"
#include "gateway/scheduler/accounting.h"
#include "gateway/scheduler/rate_control.h"
#include "gateway/scheduler/bisect.h"
#include "gateway/scheduler/upstream.h"

struct response_policy {
	struct accounting *ledger;
	struct breaker *gate;
	struct rate_control *pace;
	struct batch_pool *pool;
	struct bisect sieve;
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
uint32_t response_policy_chance(struct response_policy *judge);

void response_policy_answer(struct response_policy *judge, struct batch *batch,
    const struct upstream_answer *answer, struct bisect_time at);

/* Something left the lane without an answer: what follows from that. */
void response_policy_settle(
    struct response_policy *judge, struct lane *lane, struct instant now);

/* Of a funeral: the batch is kept among the dead letters, or is left. */
void response_policy_buried(
    struct response_policy *judge, struct batch *batch, struct instant now);
void response_policy_unburied(
    struct response_policy *judge, struct batch *batch, struct instant now);

#endif
