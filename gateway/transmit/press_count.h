/*
 * press_count - calls in each of the last seconds, up to the present one.
 *
 * Apart from press.h, which knows lanes: each lane holds one of these.
 *
 * Units	calls; seconds.
 * Ownership	a plain value; zeroed is none.
 * Threads	the pump's.
 * Errors	none.
 */
#ifndef GATEWAY_TRANSMIT_PRESS_COUNT_H
#define GATEWAY_TRANSMIT_PRESS_COUNT_H

#include <stdint.h>

#define PRESS_SECONDS 12

struct press_count {
	int64_t second;             /* the last that was counted in */
	uint32_t in[PRESS_SECONDS]; /* by the second modulo that */
};

#endif
