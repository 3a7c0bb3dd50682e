/*
 * pump - an event's way from the spool to the upstream, stage by stage.
 *
 *	spool_take -> lane -> batch -> budget -> submit ... answer -> response class
 *	                ^                                                 |
 *	                +------ again, later ---------+------- acked <----+
 *
 * One cycle does all that can be done now; between cycles the pump waits for
 * what comes first: a record, an answer, a credential, a time.  It sees the
 * outside through struct upstream alone, so that tests drive it in virtual
 * time.
 *
 * Which batch goes out, and when, dispatch.h decides.
 *
 * Ownership	what pump_options names is borrowed.  Close the upstream before
 *		the pump: it may still read the bodies of what is in flight.
 * Threads	one.
 * Errors	pump_open: no memory.  Later it waits for memory; nothing is
 *		dropped.
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
	struct deadletter_sink *sink; /* NULL: nobody stores dead letters */
	uint64_t max_in_flight;
	uint64_t seed; /* of the jitter */
};

struct pump;

bool pump_open(
    struct pump **out, const struct pump_options *options, struct err *err);
void pump_close(struct pump **pump);

void pump_cycle(struct pump *pump);

/* Until something is to be done, `fd` is readable, or `latest`. */
void pump_wait(struct pump *pump, int fd, struct instant latest);

/*
 * From now on nothing lingers, and at `withdraw_at` completions are withdrawn
 * whatever their own deadline.
 */
void pump_drain(struct pump *pump, struct instant withdraw_at);

/* Nothing waits or is in flight, and the spool was empty when last asked. */
bool pump_idle(const struct pump *pump);

/* Before pump_close: withdraws every completion that is left. */
void pump_end(struct pump *pump);

/* What became of every event: see accounting.h. */
struct accounting_counts pump_counts(const struct pump *pump);

/* Measures the states, and gives the registry a copy of the statistics. */
void pump_measure(struct pump *pump);

#endif
