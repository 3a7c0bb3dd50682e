/*
 * meter - how many calls came in the busiest 60 seconds.
 *
 * The calendar minutes of the window cannot see a client that sends one limit
 * before the edge and another behind it.  This can: it slides.
 *
 *	steps of 10 ms   |.|.|.|.|.|.|.|.|.|.|.|.|
 *	                   |<---- 60 s sum ---->|
 *
 * Only windows that end on a step are looked at, so `most` is never too high,
 * and too low by at most the calls of one step.
 *
 * Units	calls; monotonic milliseconds.
 * Ownership	a plain value; zeroed it is ready.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef SIM_METER_H
#define SIM_METER_H

#include <stdint.h>

#define METER_STEP_MS 10
#define METER_STEPS   6000 /* of 10 ms: 60 s */

struct meter {
	uint32_t steps[METER_STEPS];
	int64_t step; /* the one being counted */
	uint64_t sum; /* of all steps */
	uint64_t most;
};

void meter_count(struct meter *m, int64_t mono_ms);

#endif
