/*
 * meter - how much came in the busiest 60 seconds, or in the busiest second.
 *
 * The calendar minutes of the window cannot see a client that sends one limit
 * before the edge and another behind it.  This can: it slides.
 *
 *	steps of 10 ms   |.|.|.|.|.|.|.|.|.|.|.|.|
 *	                   |<-- span, summed -->|
 *
 * Only windows that end on a step are looked at, so `most` is never too high,
 * and too low by at most what came in one step.
 *
 * Units	whatever is counted: calls, bytes; monotonic milliseconds.
 * Ownership	a plain value; zeroed it is ready.
 * Threads	none inside.
 * Errors	none; the span must stay the same between two resets.
 */
#ifndef SIM_METER_H
#define SIM_METER_H

#include <stdint.h>

#define METER_STEP_MS 10
#define METER_SECOND  100  /* steps */
#define METER_MINUTE  6000 /* steps; the longest span */

struct meter {
	uint64_t steps[METER_MINUTE];
	int64_t step; /* the one being counted */
	uint64_t sum; /* of the span that ends there */
	uint64_t most;
};

void meter_count(struct meter *m, int span, int64_t mono_ms, uint64_t amount);

#endif
