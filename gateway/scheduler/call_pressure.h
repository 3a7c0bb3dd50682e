/*
 * call_pressure - are calls scarce, and is it this lane that makes them so?
 *
 * Polaris advises 60 events a batch.  Where that takes more than half of the
 * calls there are, lanes that use more than their fair share of that half wait
 * longer and fill further, so that the backlog goes out in fewer, larger calls.
 *
 * What is counted is not the calls made but those that batches of the usual
 * size and linger would have needed.  Counting the calls made would make larger
 * batches look as if calls were plentiful, and the size would swing for ever.
 *
 *	seconds	|  0  |  1  |  2  |  . . .  | 11  |	the last twelve: more
 *						 ^ now	than a burst lingers
 */
#ifndef GATEWAY_SCHEDULER_CALL_PRESSURE_H
#define GATEWAY_SCHEDULER_CALL_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/model/table.h"

#define CALL_PRESSURE_SECONDS 12

/* Calls in each of the last seconds; zeroed is none. */
struct call_pressure_count {
	int64_t second;                     /* the last that was counted in */
	uint32_t in[CALL_PRESSURE_SECONDS]; /* by the second modulo that */
};

/* Of one lane; zeroed is new. */
struct call_pressure_lane {
	struct call_pressure_count calls;
	int64_t sent_at; /* 1 + the second it last sent in; 0: never */
};

struct call_pressure {
	uint64_t limit; /* calls in all the seconds counted */
	struct call_pressure_count calls;
	struct call_pressure_count weights; /* by the second of `sent_at` */
};

/* calls_per_minute: the budget's. */
struct call_pressure call_pressure_make(uint64_t calls_per_minute);

/* A batch of the lane goes out; age_ns: of its first event. */
void call_pressure_sent(struct call_pressure *pressure,
    struct call_pressure_lane *lane, const struct table_options *options,
    uint64_t events, int64_t age_ns, struct instant now);

/* Must the lane's batches wait longer and fill further? */
bool call_pressure_bursts(struct call_pressure *pressure,
    struct call_pressure_lane *lane, const struct table_options *options,
    struct instant now);

#endif
