/*
 * token_bucket - may n units pass now, and if not, how long until they may?
 *
 * A token bucket that keeps one promise: no closed window of `window_ns`, laid
 * anywhere in time, sees more than `limit` units, restarts included.
 *
 * What a window can see is what stood in the bucket as it began, at most
 * `depth`, and what was regained within it.  Units pass whole, so it is enough
 * that depth + regained stays *under* limit + 1.  Hence limit + 1 - depth
 * units are regained every window_ns + 1 nanoseconds: that one nanosecond is
 * the "under".  (Regaining limit - depth a window would do as well, but a
 * limit of 1 would then never pass anything, and one of 2 only half.)
 *
 *	units in any window
 *	limit  |-- depth --|--------- regained in the window ---------|
 *
 * It starts empty: a full one would let a process that restarts every minute
 * spend its depth twice.  Two buckets that follow each other see together at
 * most what one would have: depth is had once, regaining takes time.
 *
 * Units	a unit is whatever the owner counts: calls or bytes.  The level
 *		is kept in units x nanoseconds, an integer, so that nothing is
 *		ever rounded but waits, and those are rounded up.
 * Time		passed in.  If it goes back nothing is regained until it has
 *		passed the latest time seen.
 * Ownership	a plain value.
 * Errors	none.  Arguments outside the ranges below are bugs: assert.
 */
#ifndef GATEWAY_BASE_TOKEN_BUCKET_H
#define GATEWAY_BASE_TOKEN_BUCKET_H

#include <stdint.h>

#include "gateway/base/clock.h"

struct token_bucket {
	int64_t regain; /* units regained every `period_ns` */
	int64_t period_ns;
	int64_t full;  /* depth x period_ns */
	int64_t level; /* 0..full, of the same unit */
	struct instant seen;
};

/* depth in 1..limit; depth x window_ns must fit an int64_t. */
struct token_bucket token_bucket_make(
    int64_t limit, int64_t depth, int64_t window_ns, struct instant now);

/*
 * The nanoseconds after which n units (1..depth) may pass; 0: now.  After that
 * wait, and not one nanosecond earlier, it is 0 if nobody spent in between.
 */
int64_t token_bucket_wait(
    struct token_bucket *bucket, int64_t n, struct instant now);

/* Spends n units and returns 0, or spends nothing and returns the wait. */
int64_t token_bucket_spend(
    struct token_bucket *bucket, int64_t n, struct instant now);

#endif
