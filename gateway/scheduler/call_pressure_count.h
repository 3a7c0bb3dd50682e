/*
 * call_pressure_count - calls in each of the last seconds, up to the present one.
 *
 * Apart from call_pressure.h, which knows lanes: each lane holds one of these.
 *
 * Units	calls; seconds.
 * Ownership	a plain value; zeroed is none.
 * Threads	the pump's.
 * Errors	none.
 */
#ifndef GATEWAY_SCHEDULER_CALL_PRESSURE_COUNT_H
#define GATEWAY_SCHEDULER_CALL_PRESSURE_COUNT_H

#include <stdint.h>

#define CALL_PRESSURE_SECONDS 12

struct call_pressure_count {
	int64_t second;                     /* the last that was counted in */
	uint32_t in[CALL_PRESSURE_SECONDS]; /* by the second modulo that */
};

#endif
