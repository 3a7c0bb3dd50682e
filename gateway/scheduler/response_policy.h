/*
 * response_policy - carries out what an answer means for batch, lane and
 * breaker.
 *
 * A function for each response class.  None drops an event: a batch is either
 * delivered, and its events leave, or it goes back to its lane with a time, or
 * bisect.h finds out which of its events are refused.
 *
 * A wait that the upstream names in Retry-After is used as it is.
 * RateLimit-Reset counts with a 429 only: Polaris sends it with every answer,
 * and in a 502 it says when the minute ends, not when the trouble does.
 *
 * Ownership	takes the batch, which is in flight no more; borrows the rest.
 */
#ifndef GATEWAY_SCHEDULER_RESPONSE_POLICY_H
#define GATEWAY_SCHEDULER_RESPONSE_POLICY_H

#include <stdint.h>

#include "gateway/base/rng.h"
#include "gateway/scheduler/batch.h"
#include "gateway/scheduler/circuit_breaker.h"
#include "gateway/scheduler/accounting.h"
#include "gateway/scheduler/rate_control.h"
#include "gateway/scheduler/bisect.h"
#include "gateway/scheduler/upstream.h"

struct response_policy {
	struct accounting *accounting;
	struct circuit_breaker *breaker;
	struct rate_control *rate;
	struct batch_pool *pool;
	struct bisect bisect;
	struct rng rng; /* of all jitter */
	struct instant now;
	int64_t wall_ms;
	const char *why; /* there is no response; NULL: there is */

	struct instant quiet_until;  /* log a 429 no sooner */
	int64_t pauses;              /* not logged yet */
	struct instant minute_start; /* of logging lanes that have trouble */
	unsigned logged_in_minute;
	int64_t suppressed;

	uint64_t served;       /* answers 2xx so far */
	uint32_t unauthorized; /* lanes refused with 401 since the last 2xx */
};

uint32_t response_policy_jitter(struct response_policy *policy);

void response_policy_answer(struct response_policy *policy, struct batch *batch,
    const struct upstream_answer *answer, struct bisect_time at);

/* Something left the lane without an answer: what follows from that. */
void response_policy_review(
    struct response_policy *policy, struct lane *lane, struct instant now);

/* What became of a batch of dead_letter_batch.h. */
void response_policy_dead_lettered(
    struct response_policy *policy, struct batch *batch, struct instant now);
void response_policy_not_stored(
    struct response_policy *policy, struct batch *batch, struct instant now);

#endif
