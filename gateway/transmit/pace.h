/*
 * pace - may a call go now, as far as the organization's limits are concerned?
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
#ifndef GATEWAY_TRANSMIT_PACE_H
#define GATEWAY_TRANSMIT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/bucket.h"
#include "gateway/budget.h"
#include "gateway/transmit/upstream.h"

struct pace {
	struct budget *budget;
	struct bucket probes;
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

struct pace pace_make(struct budget *budget, struct instant now);

/* Spends and returns 0, or the wait after which it would. */
int64_t pace_spend(
    struct pace *pace, uint64_t bytes, struct instant now, int64_t wall_ms);
int64_t pace_spend_probe(struct pace *pace, struct instant now);

/* An answer came, `in_flight` others did not yet. */
void pace_answered(struct pace *pace, const struct upstream_answer *answer,
    size_t in_flight, struct instant now);

/* It was a 429, and sending pauses until `opens`. */
void pace_over_limit(
    struct pace *pace, struct instant opens, struct instant now);

#endif
