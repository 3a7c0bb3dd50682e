/*
 * dispatch - which batch goes out next, and may it go now?
 *
 * A call goes out when all of these say yes, asked in this order: a place
 * among those in flight, the gate, a credential, a lane whose turn it is, the
 * budget.  A batch is cut last, so that batches grow while they must wait.
 *
 * Lanes take turns by weight (drr.h).  One lane alone may use three quarters
 * of the places in flight; beyond one quarter it leaves them to others.
 *
 * Each that may say no knows nothing of the others; their order stands here.
 *
 * Units	batches, bytes, instants.
 * Ownership	dispatch_init gives the list of what flies, dispatch_fini takes
 *		it; the pump's other parts are borrowed.  Batches in flight are
 *		its own until dispatch_back.
 * Threads	the pump's.
 * Errors	dispatch_init: no memory.  After that, lack of memory is waited
 *		for; nothing is dropped.
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
	struct accounting *ledger;
	struct run_queue *agenda;
	struct breaker *gate;
	struct rate_control *pace;
	struct response_policy *judge;
	struct batch_pool *pool;
	size_t most; /* in flight */

	struct drr share;
	struct call_pressure press;
	struct batch **in_flight;
	size_t in_flight_count;
	struct batch *spare;  /* for planning */
	struct instant now;   /* of the turn under way */
	struct instant paced; /* the budget says no until then */
	bool draining;        /* nothing lingers */
};

bool dispatch_init(struct dispatch *dispatch, const struct budget *budget);

/* Something about the lane is new: when has it something to send? */
void dispatch_place(
    struct dispatch *dispatch, struct lane *lane, struct instant now);

/* Sends all that may go now.  Gives the time by then. */
struct instant dispatch_turn(struct dispatch *dispatch, struct instant now);

/* The answer came, whatever it was: the batch is the caller's. */
void dispatch_back(
    struct dispatch *dispatch, struct batch *batch, struct instant now);

/*
 * When something that is ready may go, may be past; INSTANT_NEVER: nothing is,
 * or something else must happen first.
 */
struct instant dispatch_due(const struct dispatch *dispatch);

/* Of what flies each batch was taken back, one by one or in `in_flight`. */
void dispatch_fini(struct dispatch *dispatch);

#endif
