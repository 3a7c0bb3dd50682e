/*
 * backoff - how long to wait before the n-th attempt.
 *
 * The ceiling doubles with every attempt from first_ns to max_ns.  The wait is
 * drawn at random below it, so that callers that failed together do not come
 * back together.
 *
 *	0	      ceiling - ceiling / jitter_part	ceiling
 *	|-------- never --------|------- drawn from --------|
 *
 * Units	nanoseconds; `jitter` is a random number from all of uint32_t.
 */
#ifndef GATEWAY_SCHEDULER_BACKOFF_H
#define GATEWAY_SCHEDULER_BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t first_ns;
	int64_t max_ns;
	int64_t jitter_part; /* 1: all of it is drawn; 4: its last quarter */
};

extern const struct backoff backoff_later; /* trouble that passes */
extern const struct backoff backoff_hold;  /* trouble that needs a person */

/* attempt counts from 1 */
int64_t backoff_ns(
    const struct backoff *backoff, uint32_t attempt, uint32_t jitter);

/*
 * A wait that the upstream named, at most 5 minutes; 0 when it named none (-1),
 * or none that is positive, which is not trusted.
 */
int64_t backoff_named_ns(int64_t named_ms);

#endif
