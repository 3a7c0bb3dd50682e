/*
 * call_pressure - are calls scarce, and is it this lane that makes them so?
 *
 * Polaris advises 60 events a batch.  Where that takes more than half of the
 * calls there are, lanes that use more than their fair share of that half wait
 * longer and fill further, so that what queues behind the limit is events in
 * a batch and not batches.
 *
 * What is counted is not the calls made but those that usual batches would have
 * needed: by their events, and by the time that theirs gathered.  Else the
 * larger batches would make calls look plentiful at once, and the two would
 * take turns for ever.
 *
 *	seconds	|  0  |  1  |  2  |  . . .  | 11  |	counted: these twelve,
 *						 ^ now	more than a burst
 *lingers
 *
 * Units	calls; seconds.
 * Ownership	a plain value; what concerns a lane is in the lane.
 * Threads	the pump's.
 * Errors	none.
 */
#ifndef GATEWAY_SCHEDULER_CALL_PRESSURE_H
#define GATEWAY_SCHEDULER_CALL_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/scheduler/lane.h"

struct call_pressure {
	uint64_t limit; /* calls in all the seconds counted */
	struct call_pressure_count all;
	struct call_pressure_count
	    weights; /* of lanes, in the second they last sent */
};

/* calls_per_minute: the budget's. */
struct call_pressure call_pressure_make(uint64_t calls_per_minute);

/* A batch of the lane goes out. */
void call_pressure_sent(
    struct call_pressure *press, const struct batch *batch, struct instant now);

/* Shall the lane's batches wait longer and fill further? */
bool call_pressure_bursts(
    struct call_pressure *press, struct lane *lane, struct instant now);

#endif
