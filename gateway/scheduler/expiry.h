/*
 * expiry - events that wait so long that the upstream would not want them.
 *
 *	__time            80 %                          max_age
 *	|-----------------|-----------------------------|---------->
 *	 as others		old: first, and told of	   expired
 *
 * What expires while it waits becomes a dead letter.  Where nobody keeps those
 * it stays and is sent: the upstream may still want it.  Very many take several
 * turns, so that what is alive need not wait for the disk.
 *
 * While the clock is in doubt nothing expires, for one wrong second would do
 * harm that no right one could mend.  It is in doubt when wall time moved
 * against monotonic time by more than an hour since the start, or when the
 * upstream's Date is more than five minutes away from ours.  Nor does anything
 * expire before the upstream's first answer: a host that starts with a wrong
 * clock would bury what its spool holds.
 *
 * Units	wall milliseconds, instants.
 * Ownership	a plain value; the rest is borrowed.
 * Threads	the pump's.
 * Errors	out of memory: tried again with the next look.
 */
#ifndef GATEWAY_SCHEDULER_EXPIRY_H
#define GATEWAY_SCHEDULER_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/scheduler/lane.h"
#include "gateway/scheduler/bisect.h"
#include "gateway/scheduler/upstream.h"

struct expiry {
	struct bisect *sieve;       /* its funeral, and its batches */
	struct instant next;        /* look no sooner */
	int64_t began_ms;           /* wall time less monotonic, at the start */
	int64_t ahead_ms;           /* of the upstream's clock; last known */
	bool answered;              /* once, by the upstream */
	bool doubt;                 /* and it was told */
	struct instant quiet_until; /* tell no sooner of what expired */
	uint64_t expired_untold;
	bool more; /* than one funeral takes */
};

struct expiry expiry_make(struct bisect *sieve, struct bisect_time at);

/* An answer came: what time is it there? */
void expiry_answered(struct expiry *aging, const struct upstream_answer *answer,
    int64_t wall_ms);

/* How far our clock is ahead, or was moved, whichever is more. */
int64_t expiry_skew_ms(const struct expiry *aging, struct bisect_time at);
bool expiry_doubts(const struct expiry *aging, struct bisect_time at);

/* Is it time to look at all lanes? */
bool expiry_due(struct expiry *aging, struct bisect_time at);

/* Looks at one; true: some of it left, or stands elsewhere. */
bool expiry_look(
    struct expiry *aging, struct lane *lane, struct bisect_time at);

/* The funeral kept this batch, whatever for. */
void expiry_buried(struct expiry *aging, const struct batch *batch);

/* And that was all that it kept; `all`: nothing was left. */
void expiry_held(struct expiry *aging, bool all, struct instant now);

/* What is old for this table: its earliest event is before that. */
int64_t expiry_old_ms(const struct table *table, int64_t wall_ms);

#endif
