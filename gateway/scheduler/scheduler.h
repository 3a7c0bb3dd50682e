/*
 * scheduler - Polaris' side: from the spool to the upstream.
 *
 * One thread runs the pump (pump.h) on real time and real transfers
 * (http_upstream.h).
 *
 * Units	milliseconds, bytes.
 * Ownership	scheduler_start gives, scheduler_stop takes; what it uses is
 *		borrowed and must outlive it.
 * Threads	start, drain and stop from main's thread.
 * Errors	bad URL, unreadable secret, no memory: false and a text.
 */
#ifndef GATEWAY_SCHEDULER_SCHEDULER_H
#define GATEWAY_SCHEDULER_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/metrics/registry.h"
#include "gateway/model/budget.h"
#include "gateway/deadletter/store.h"
#include "gateway/spool/spool.h"
#include "gateway/model/table.h"
#include "gateway/scheduler/upstream.h"
#include "parsers/err.h"

struct scheduler;

/* What it works with. */
struct scheduler_uses {
	struct tables *tables;
	struct spool *spool;
	struct budget *budget;
	struct deadletter *letters; /* NULL: nobody keeps dead letters */
	struct registry *registry;
	uint64_t max_in_flight; /* calls */
};

/* Takes the upstream; closes it when it could not start, too. */
bool scheduler_start(struct scheduler **out, struct upstream *upstream,
    const struct scheduler_uses *uses, struct err *err);

/*
 * From now on nothing lingers: what waits goes out as fast as it may.  Tickets
 * left at `withdraw_at` are withdrawn then, whatever their own deadline, so
 * that receive can answer its last requests before it must stop.
 */
void scheduler_drain(struct scheduler *transmit, struct instant withdraw_at);

/* Events that a stop left unsent, or sent without learning the outcome. */
struct scheduler_rest {
	uint64_t events;
	uint64_t unknown; /* of them, in flight when time was up */
};

/*
 * Waits until nothing waits or `deadline`; withdraws the completions that are
 * left; tells what stays.
 */
struct scheduler_rest scheduler_stop(
    struct scheduler **transmit, struct instant deadline);

#endif
