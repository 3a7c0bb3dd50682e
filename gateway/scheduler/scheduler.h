/*
 * scheduler - the thread that sends events from the spool to the upstream.
 *
 *	start --> running --drain--> running, nothing lingers --stop--> ended
 *
 * It runs a pump (pump.h), which knows nothing of threads.  What the caller
 * asks for reaches the thread as instants in atomics and a wake of an eventfd.
 *
 * Ownership	what it uses is borrowed and must outlive it.
 * Threads	start, drain and stop from one.
 * Errors	no memory, no thread, no eventfd: false and a text.
 */
#ifndef GATEWAY_SCHEDULER_SCHEDULER_H
#define GATEWAY_SCHEDULER_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/deadletter/store.h"
#include "gateway/metrics/registry.h"
#include "gateway/model/budget.h"
#include "gateway/model/table.h"
#include "gateway/scheduler/upstream.h"
#include "gateway/spool/spool.h"
#include "parsers/err.h"

struct scheduler;

struct scheduler_uses {
	struct tables *tables;
	struct spool *spool;
	struct budget *budget;
	struct deadletter_store *letters; /* NULL: nobody stores dead letters */
	struct registry *registry;
	uint64_t max_in_flight; /* calls */
};

/* Takes the upstream: closes it also when it could not start. */
bool scheduler_start(struct scheduler **out, struct upstream *upstream,
    const struct scheduler_uses *uses, struct err *err);

/*
 * From now on nothing lingers: what waits goes out as fast as it may.
 * Completions that are left at `withdraw_at` are withdrawn then, whatever their
 * own deadline, so that receive can answer its last requests before it must
 * stop.
 */
void scheduler_drain(struct scheduler *scheduler, struct instant withdraw_at);

/* Events that a stop left unsent, or sent without knowing the outcome. */
struct scheduler_rest {
	uint64_t events;
	uint64_t unknown; /* of them, in flight at the end */
};

/*
 * Drains if that was not done, waits until nothing waits or `deadline`, and
 * withdraws the completions that are left.
 */
struct scheduler_rest scheduler_stop(
    struct scheduler **scheduler, struct instant deadline);

#endif
