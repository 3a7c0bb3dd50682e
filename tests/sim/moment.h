/*
 * moment - what time it is, on both clocks at once.
 *
 * The calendar minutes of the limit and the life of tokens follow the wall;
 * delays and the seconds of a fault follow the monotonic clock.  Only the
 * server reads them, once per round of its loop; everything below is told.
 *
 * Units	milliseconds; wall since 1970, which an order may push ahead.
 * Threads	any.
 * Errors	none.
 */
#ifndef SIM_MOMENT_H
#define SIM_MOMENT_H

#include <stdint.h>

#define MS_PER_S      INT64_C(1000)
#define MS_PER_MINUTE INT64_C(60000)

struct moment {
	int64_t wall_ms;
	int64_t mono_ms;
};

struct moment moment_now(int64_t ahead_ms);

#endif
