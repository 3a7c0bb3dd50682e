/*
 * backoff - how long to wait before the n-th attempt.
 *
 * The ceiling doubles with every attempt from `first` to `most`; what is
 * waited is drawn by chance below it, so that callers that failed together do
 * not come back together.
 *
 *	0	      ceiling - ceiling / chance_part	ceiling
 *	|-------- never --------|------- drawn from --------|
 *
 * Units	nanoseconds; a chance is a whole uint32_t, every value alike.
 * Ownership	plain values.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef GATEWAY_SCHEDULER_BACKOFF_H
#define GATEWAY_SCHEDULER_BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t first_ns;
	int64_t most_ns;
	int64_t chance_part; /* 1: all of it is drawn; 4: its last quarter */
};

extern const struct backoff backoff_later; /* trouble that passes */
extern const struct backoff backoff_hold;  /* trouble that needs a person */

/* attempt counts from 1 */
int64_t backoff_ns(
    const struct backoff *backoff, uint32_t attempt, uint32_t chance);

/*
 * A wait that the upstream named, clamped to 5 minutes; 0 when it named none
 * (-1), or one of no length, which is not taken at its word.
 */
int64_t backoff_told_ns(int64_t told_ms);

#endif
