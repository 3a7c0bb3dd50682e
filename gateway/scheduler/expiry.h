/*
 * expiry - events that wait so long that the upstream would not accept them.
 *
 *	__time            80 %                          max_age
 *	|-----------------|-----------------------------|---------->
 *	 as others		old: first, with a warning  expired
 *
 * What expires while it waits becomes a dead letter.  Where nobody stores those
 * it stays and is sent: the upstream may still accept it.  Very many take
 * several cycles, so that events that are not expired need not wait for the
 * disk.
 *
 * While the clock is in doubt nothing expires, because a wrong clock would
 * destroy good events.  It is in doubt when wall time moved against monotonic
 * time by more than an hour since the start, or when the upstream's Date is
 * more than five minutes away from ours.  Nor does anything expire before the
 * upstream's first answer: a host that starts with a wrong clock would expire
 * the whole spool.
 *
 * Units	wall milliseconds, instants.
 * Errors	no memory: tried again with the next check.
 */
#ifndef GATEWAY_SCHEDULER_EXPIRY_H
#define GATEWAY_SCHEDULER_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/scheduler/lane.h"
#include "gateway/scheduler/bisect.h"
#include "gateway/scheduler/upstream.h"

struct expiry {
	struct bisect *bisect;      /* for its batches and dead letters */
	struct instant next;        /* check no sooner */
	int64_t start_offset_ms;    /* wall time less monotonic, at the start */
	int64_t ahead_ms;           /* of the upstream's clock; last known */
	bool answered;              /* once, by the upstream */
	bool clock_in_doubt;        /* and that was logged */
	struct instant quiet_until; /* log no sooner what expired */
	uint64_t expired_unlogged;
	bool more; /* expired than one cycle stores */
};

struct expiry expiry_make(struct bisect *bisect, struct bisect_time at);

/* An answer came: its Date says what time it is there. */
void expiry_answered(struct expiry *expiry,
    const struct upstream_answer *answer, int64_t wall_ms);

/* How far our clock is ahead, or was moved, whichever is more. */
int64_t expiry_skew_ms(const struct expiry *expiry, struct bisect_time at);
bool expiry_clock_in_doubt(const struct expiry *expiry, struct bisect_time at);

/* Is it time to check all lanes? */
bool expiry_due(struct expiry *expiry, struct bisect_time at);

/* Checks one; true: some of its events were moved. */
bool expiry_check_lane(
    struct expiry *expiry, struct lane *lane, struct bisect_time at);

/* This batch was stored among the dead letters, for whatever reason. */
void expiry_dead_lettered(struct expiry *expiry, const struct batch *batch);

/* And that was the last of this cycle; `all`: all were stored. */
void expiry_flushed(struct expiry *expiry, bool all, struct instant now);

/* Records whose earliest event is before this are old. */
int64_t expiry_old_ms(const struct table *table, int64_t wall_ms);

#endif
