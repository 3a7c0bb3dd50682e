/*
 * rate_control - may a call go now, as far as the organization's limits are concerned?
 *
 * Three things besides the budget itself decide:
 *
 * Probes of held lanes take one call in a hundred, all of them together.
 *
 * After a 429's pause sending does not start again at once, but with a tenth of
 * the rate, rising to all of it over ten seconds:
 *
 *	rate	1.0 |	 pause		 ______
 *		    |_____	     ___/
 *		0.1 |     |_________|
 *		    429		 over	 10 s later
 *
 * A 429 comes although the budget kept within the limit: so somebody else
 * spends the organization's calls.  For ten minutes after it, and only then,
 * what the upstream says is left of the minute is believed, less what is in
 * flight; otherwise a wrong figure of its would slow us for nothing.
 *
 * Units	calls, bytes, nanoseconds.
 * Ownership	a plain value; the budget is borrowed.
 * Threads	the pump's.
 * Errors	none: a wait is a value.
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

	bool rising;
	struct instant rises_from; /* a pause's end */
	int64_t risen_calls;       /* since then */

	struct instant heeds_until; /* what the upstream says is left */
	bool told_left;
	int64_t left;
	struct instant left_until; /* the end of its minute */

	uint64_t over_limit; /* answers 429 so far */
};

struct rate_control rate_control_make(
    struct budget *budget, struct instant now);

/* Spends and returns 0, or the wait after which it would. */
int64_t rate_control_spend(struct rate_control *pace, uint64_t bytes,
    struct instant now, int64_t wall_ms);
int64_t rate_control_spend_probe(struct rate_control *pace, struct instant now);

/* An answer came, `in_flight` others did not yet. */
void rate_control_answered(struct rate_control *pace,
    const struct upstream_answer *answer, size_t in_flight, struct instant now);

/* It was a 429, and sending pauses until `opens`. */
void rate_control_over_limit(
    struct rate_control *pace, struct instant opens, struct instant now);

#endif
