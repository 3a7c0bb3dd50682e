/*
 * pump - the story of an event from the spool to the upstream.
 *
 *	spool_take -> lane -> batch -> budget -> submit ... answer -> verdict
 *	                ^                                                |
 *	                +------ again, later --------+------- settled <--+
 *
 * One turn does all that can be done now; between turns the pump waits for
 * what comes first: a record, an answer, a credential, a time.  It sees the
 * world through struct upstream alone, so that tests drive it in virtual time.
 *
 * When a batch may go out, and whose, dispatch.h decides.
 *
 * Units	events, bytes, instants.
 * Ownership	pump_open gives, pump_close takes; tables, spool, budget,
 *		registry and upstream are borrowed.  Close the upstream first:
 *		it may still read the bodies of what is in flight.
 * Threads	one.
 * Errors	pump_open: no memory.  After that, lack of memory is waited
 *		for; nothing is dropped.
 */
#ifndef GATEWAY_SCHEDULER_PUMP_H
#define GATEWAY_SCHEDULER_PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/metrics/registry.h"
#include "gateway/model/budget.h"
#include "gateway/spool/spool.h"
#include "gateway/model/table.h"
#include "gateway/deadletter/sink.h"
#include "gateway/scheduler/accounting.h"
#include "gateway/scheduler/upstream.h"
#include "parsers/err.h"

struct pump_options {
	size_t lanes; /* tables_capacity */
	struct spool *spool;
	struct budget *budget;
	struct upstream *upstream;
	struct registry *registry;
	struct undertaker *undertaker; /* NULL: nobody keeps dead letters */
	uint64_t max_in_flight;
	uint64_t seed; /* of the jitter */
};

struct pump;

bool pump_open(
    struct pump **out, const struct pump_options *options, struct err *err);
void pump_close(struct pump **pump);

void pump_turn(struct pump *pump);

/* Until something is to be done, `fd` is readable, or `latest`. */
void pump_wait(struct pump *pump, int fd, struct instant latest);

/*
 * From now on nothing lingers, and at `withdraw_at` completions are withdrawn
 * whatever their own deadline.
 */
void pump_drain(struct pump *pump, struct instant withdraw_at);

/* Nothing waits or flies, and the last look into the spool found nothing. */
bool pump_idle(const struct pump *pump);

/* The last word before pump_close: withdraws every completion that is left. */
void pump_end(struct pump *pump);

/* What becomes of every event: see accounting.h. */
struct accounting_counts pump_counts(const struct pump *pump);

/* Measures how things stand, and gives a copy of the counts. */
void pump_account(struct pump *pump);

#endif
