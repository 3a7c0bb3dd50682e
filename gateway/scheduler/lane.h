/*
 * lane - one table's queue on its way upstream, and whether it may go.
 *
 *	[record][record][rec            batches, cut when they may be sent
 *	   ^ the queue: queue.h          pieces: of refused ones, to be sent
 *	                                 retries: failed ones, oldest first
 *	                                 suspects: refused alone (bisect.h)
 *
 * Events stay in their records until the very moment a batch of theirs may be
 * sent, so batches fill while calls are scarce.  What may go, and whether, says
 * the lane's state: lane_state.h.
 *
 * Answers to calls sent before the lane last stopped or went on say nothing new
 * about it and move nothing: sixty calls that meet one outage are one failure.
 *
 * Units	events, bytes, nanoseconds.
 * Ownership	the pump owns lanes; a lane holds records and batches for it.
 * Threads	the pump's.
 * Errors	out of memory while planning: NULL.
 */
#ifndef GATEWAY_SCHEDULER_LANE_H
#define GATEWAY_SCHEDULER_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/metrics/upstream_stats.h"
#include "gateway/base/clock.h"
#include "gateway/model/record.h"
#include "gateway/spool/spool_counts.h"
#include "gateway/model/table.h"
#include "gateway/scheduler/batch.h"
#include "gateway/scheduler/lane_state.h"
#include "gateway/scheduler/call_pressure_count.h"
#include "gateway/scheduler/queue.h"

enum lane_list { LANE_PIECES, LANE_RETRIES, LANE_SUSPECTS, LANE_LISTS };

struct lane {
	struct table *table; /* good while the lane holds a record */
	uint64_t serial;     /* of the table; another one: start anew */
	struct upstream_stats_table *stats; /* of the table; good for ever */
	struct spool_counts seen; /* the report's: what is counted there */

	struct queue queue;
	struct batch_list kept[LANE_LISTS];

	enum lane_state state;
	const char *reason;        /* WAITING, HELD: a verdict's word */
	uint32_t level;            /* failures in a row in this state */
	uint64_t moved_at_call;    /* calls up to this one move nothing */
	struct instant until;      /* WAITING, HELD */
	const struct batch *probe; /* in flight; NULL: none */
	bool fresh_last;           /* whose turn it is */
	size_t in_flight;
	bool brisk;            /* its last answer came quickly */
	uint32_t unauthorized; /* stopped by a 401, so often in a row */
	uint64_t refused_at;   /* the judge's: 1 + `served` then */

	/* The sieve's, but for the first. */
	size_t pieces_in_flight;
	bool in_doubt;        /* pieces alone, one by one */
	bool unsure;          /* retries are to be looked at after a 2xx */
	uint32_t refusals;    /* since the last 2xx: answers, */
	uint32_t singles;     /* of them to one event alone,  */
	uint32_t part_calls;  /* of them to pieces	      */
	struct instant ok_at; /* the last 2xx; meaningful if any_ok */
	bool any_ok;
	uint64_t cap_bytes; /* learned from a 413; 0: none */
	struct instant cap_at;

	int64_t credit, wanted; /* drr.h */
	bool in_turn;
	struct call_pressure_count pressed;
	int64_t pressed_at; /* 1 + the second it last sent in; 0: never */
	bool bursts;        /* batches wait longer and fill further */

	struct instant quiet_until; /* the judge's: complain no sooner */
	bool told;                  /* of trouble, and not yet of its end */
	uint64_t buried_untold;     /* events, since the last line of it */
	struct instant buried_quiet;
	struct instant warned; /* of events that grow old; no sooner again */

	struct lane *cut_off_next; /* outage.h */
	bool cut_off;

	/* the agenda's */
	struct lane *ready_next;
	struct instant wake;
	size_t heap_at; /* 1 + place; 0: not in it */
	bool ready;
};

/* Takes what the table is from the record; see queue_add. */
void lane_add(struct lane *lane, struct record *record, struct instant now,
    int64_t old_ms);

/*
 * Cuts the queue's first record, as much of it as a batch holds, into this
 * empty one.  False: no memory.
 */
bool lane_cut_old(struct lane *lane, struct batch *batch);

/* As many as a batch may hold that is no probe.  The lane has something. */
uint64_t lane_most_events(const struct lane *lane);

/* When there is something to send; may be past; INSTANT_NEVER. */
struct instant lane_due(const struct lane *lane, bool draining);

/*
 * What to send now: a retry that is due, still in the lane, or `spare`, empty,
 * now planned.  NULL: nothing is due (or no memory: then *oom_out).
 */
struct batch *lane_pick(struct lane *lane, struct batch *spare,
    struct instant now, bool draining, bool *oom_out);

/*
 * Of a retry that lane_pick gave: as much as may go at once, from the pool,
 * with the rest behind it in its list.  Without memory all of it.
 */
struct batch *lane_trim(struct batch *batch, struct batch_pool *pool);

/* The batch that lane_pick gave goes out.  False: no memory. */
bool lane_send(struct lane *lane, struct batch *batch);

/* In flight or kept or queued: there is more to come of this lane. */
bool lane_has_more(const struct lane *lane);

/* Last, or first, among those to be sent again. */
void lane_retry(struct lane *lane, struct batch *batch);
void lane_retry_first(struct lane *lane, struct batch *batch);

/* The batch is in flight no more, whatever the answer. */
void lane_back(struct lane *lane, const struct batch *batch);

/*
 * What the answer says about the lane.  False: nothing new.  True: it stopped,
 * went on, or failed once more where it is; the caller then sets `until` by
 * `level`.  `calls` is the number of the last call that was sent.
 */
bool lane_answered(struct lane *lane, const struct batch *batch,
    enum lane_event event, uint64_t calls);

/* The same, for what is known without an answer. */
bool lane_move(struct lane *lane, enum lane_event event, uint64_t calls);

#endif
