/*
 * dispatch - which batch goes out next, and may it go now?
 *
 * A call goes out when all of these allow it, asked in this order: the limit of
 * calls in flight, the circuit breaker, a credential, the run queue with drr.h,
 * the budget.  A batch is cut last, so that batches grow while they must wait.
 *
 * Lanes are served by weight (drr.h).  One lane alone may use three quarters of
 * the calls in flight; beyond one quarter it leaves them to others.
 *
 * Each of those that may refuse knows nothing of the others; their order is
 * here.
 *
 * Ownership	batches in flight are its own until dispatch_done; the other
 *		members are borrowed.
 * Errors	dispatch_init: no memory.  Later it waits for memory; nothing is
 *		dropped.
 */
#ifndef GATEWAY_SCHEDULER_DISPATCH_H
#define GATEWAY_SCHEDULER_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/metrics/upstream_stats.h"
#include "gateway/model/budget.h"
#include "gateway/scheduler/run_queue.h"
#include "gateway/scheduler/response_policy.h"
#include "gateway/scheduler/call_pressure.h"
#include "gateway/scheduler/drr.h"
#include "gateway/scheduler/upstream.h"

struct dispatch {
	/* Filled in by the pump before dispatch_init. */
	struct upstream *upstream;
	struct upstream_stats *stats;
	struct accounting *accounting;
	struct run_queue *run_queue;
	struct circuit_breaker *breaker;
	struct rate_control *rate;
	struct response_policy *policy;
	struct batch_pool *pool;
	size_t max_in_flight; /* calls */

	struct drr drr;
	struct call_pressure pressure;
	struct batch **in_flight;
	size_t in_flight_count;
	struct batch *spare; /* for planning */
	struct instant now;  /* of this cycle */
	struct instant
	    delayed_until; /* the budget does not allow more until then */
	bool draining;     /* nothing lingers */
};

bool dispatch_init(struct dispatch *dispatch, const struct budget *budget);

/* After any change of the lane: puts it where it belongs in the run queue. */
void dispatch_schedule(
    struct dispatch *dispatch, struct lane *lane, struct instant now);

/* Sends all that may go now.  Returns the time afterwards. */
struct instant dispatch_cycle(struct dispatch *dispatch, struct instant now);

/* An answer came, whatever it was: the batch is the caller's now. */
void dispatch_done(
    struct dispatch *dispatch, struct batch *batch, struct instant now);

/*
 * When something that is ready may go; may be past.  INSTANT_NEVER: nothing is
 * ready, or something else must happen first.
 */
struct instant dispatch_due(const struct dispatch *dispatch);

/* The caller has taken back every batch that was in flight. */
void dispatch_fini(struct dispatch *dispatch);

#endif
