/*
 * clock - the only place that reads time.
 *
 * Two clocks that must not be mixed, hence a type for one of them: monotonic
 * time for waiting and pacing, wall time for the age of events and for
 * calendar minutes.  Only main, the threads' loops and lifecycle call these
 * functions; everything below gets the time as an argument.
 *
 * Units	nanoseconds (instant), milliseconds since 1970 (wall).
 * Threads	any.
 */
#ifndef GATEWAY_BASE_CLOCK_H
#define GATEWAY_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

struct instant {
	int64_t ns; /* CLOCK_MONOTONIC */
};

#define INSTANT_NEVER ((struct instant){ INT64_MAX })

struct instant clock_now(void);
int64_t clock_wall_ms(void);

/* Wall time as RFC 3339 has it: 2026-11-24T10:00:00.000Z. */
#define CLOCK_UTC_ROOM 40
void clock_utc(int64_t wall_ms, char text[CLOCK_UTC_ROOM]);

#endif
