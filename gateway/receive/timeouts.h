/*
 * timeouts - how long a producer may take over a head, and over a body.
 *
 * All limits are absolute: they count from the first byte, and no later byte
 * moves them.  An idle limit, as HTTP libraries have it, would not stop a
 * client that sends one byte a second for a day.
 *
 *	first byte        end of head               end of body
 *	|---- HEAD -------|----------- BODY --------|
 *	    <= head_ns         <= body_ns, and after 5 s
 *	                       never below bytes_per_s
 */
#ifndef GATEWAY_RECEIVE_TIMEOUTS_H
#define GATEWAY_RECEIVE_TIMEOUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"

struct timeouts_limits {
	int64_t head_ns;
	int64_t body_ns;
	uint64_t bytes_per_s;
};

enum timeouts_phase {
	TIMEOUTS_NONE, /* between requests, or we are at work */
	TIMEOUTS_HEAD,
	TIMEOUTS_BODY,
	TIMEOUTS_DISCARD, /* refused; read on, so that the answer arrives */
};

struct timeouts {
	enum timeouts_phase phase;
	struct instant since;
	uint64_t bytes; /* of the body, so far */
};

/*
 * When must this be looked at again?  An instant that is not after `now`
 * means that the time is over; INSTANT_NEVER: there is no limit.
 */
struct instant timeouts_next(const struct timeouts_limits *limits,
    const struct timeouts *t, struct instant now);

#endif
