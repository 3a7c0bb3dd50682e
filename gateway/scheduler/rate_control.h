/*
 * rate_control - may a call go now, under the organization's limits?
 *
 * Three things besides the budget itself decide:
 *
 * Probes of held lanes take one call in a hundred, all of them together.
 *
 * After the pause of a 429, sending starts again with a tenth of the rate, and
 * rises to all of it over ten seconds:
 *
 *	rate	1.0 |	 pause		 ______
 *		    |_____	     ___/
 *		0.1 |     |_________|
 *		    429		 over	 10 s later
 *
 * A 429 comes although our budget kept within the limit, so somebody else uses
 * the organization's calls.  For ten minutes after it, and only then, we trust
 * RateLimit-Remaining, less what is in flight; at other times a wrong value
 * would slow us down for nothing.
 *
 * Units	calls, bytes, nanoseconds.
 */
#ifndef GATEWAY_SCHEDULER_RATE_CONTROL_H
#define GATEWAY_SCHEDULER_RATE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/token_bucket.h"
#include "gateway/model/budget.h"
#include "gateway/scheduler/upstream.h"

struct rate_control {
	struct budget *budget;
	struct token_bucket probes;
	int64_t limit; /* calls a minute */

	bool ramping;
	struct instant ramp_start; /* the pause's end */
	int64_t ramp_calls;        /* since ramp_start */

	struct instant trusted_until; /* RateLimit-Remaining */
	bool left_known;
	int64_t left;
	struct instant left_until; /* RateLimit-Reset */

	uint64_t over_limit; /* answers 429 so far */
};

struct rate_control rate_control_make(
    struct budget *budget, struct instant now);

/* Spends and returns 0, or the wait after which it would. */
int64_t rate_control_spend(struct rate_control *rate, uint64_t bytes,
    struct instant now, int64_t wall_ms);
int64_t rate_control_spend_probe(struct rate_control *rate, struct instant now);

/* An answer came, `in_flight` others did not yet. */
void rate_control_answered(struct rate_control *rate,
    const struct upstream_answer *answer, size_t in_flight, struct instant now);

/* It was a 429: sending pauses until `opens`. */
void rate_control_over_limit(
    struct rate_control *rate, struct instant opens, struct instant now);

#endif
