/*
 * lane - one table's events on their way upstream, and whether they may go.
 *
 *	[record][record][rec	the queue (queue.h), and lists of batches:
 *	   ^ cut up to here	pieces: of refused batches, to be sent
 *				retries: failed, oldest first
 *				candidates: refused alone (bisect.h)
 *
 * Events stay in their records until the moment a batch of theirs may be sent,
 * so batches fill while calls are scarce.
 *
 *	from any: later	    from any: hold	from any: split
 *		    v		   v		       v
 *		 WAITING	  HELD		   SPLITTING
 *		    +----- ok -----+-----> FLOWING <---+ whole
 *
 *	(ok keeps SPLITTING and FLOWING; whole concerns SPLITTING alone)
 *
 * Answers to calls sent before the lane last changed its state do not move it:
 * sixty calls that meet one outage are one failure.
 */
#ifndef GATEWAY_SCHEDULER_LANE_H
#define GATEWAY_SCHEDULER_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/heap.h"
#include "gateway/metrics/upstream_stats.h"
#include "gateway/model/table.h"
#include "gateway/scheduler/batch.h"
#include "gateway/scheduler/call_pressure.h"
#include "gateway/scheduler/queue.h"
#include "gateway/spool/spool_stats.h"

enum lane_state {
	LANE_FLOWING,   /* any number of batches at a time */
	LANE_WAITING,   /* until `until`; then one batch alone, the probe */
	LANE_HELD,      /* the same with one event; a person is needed */
	LANE_SPLITTING, /* pieces go before the rest */
	LANE_STATES
};

enum lane_event {
	LANE_OK,    /* 2xx */
	LANE_LATER, /* trouble that passes */
	LANE_HOLD,  /* trouble that needs a person */
	LANE_SPLIT, /* a batch was refused, and its pieces are to be sent */
	LANE_WHOLE, /* no pieces are left */
	LANE_EVENTS
};

enum lane_list { LANE_PIECES, LANE_RETRIES, LANE_CANDIDATES, LANE_LISTS };

struct lane {
	struct table *table; /* valid while the lane holds a record */
	uint64_t serial;     /* of the table; another one: start anew */
	struct upstream_stats_table *stats; /* of the table; valid for ever */
	struct spool_counts counted;        /* what is in `stats` already */
	struct queue queue;
	struct list batches[LANE_LISTS]; /* of batch.node */
	size_t in_flight, pieces_in_flight;

	enum lane_state state;
	const char *reason;        /* WAITING, HELD: the response class' word */
	uint32_t failures;         /* in a row in this state */
	uint64_t moved_at_call;    /* calls up to this one move nothing */
	struct instant until;      /* WAITING, HELD */
	const struct batch *probe; /* in flight; NULL: none */
	bool fresh_last;           /* a retry goes next, else a fresh batch */
	bool fast;                 /* its last answer came quickly */

	/* bisect.h */
	bool one_by_one;   /* pieces go alone, one at a time */
	bool undetermined; /* some retries were refused alone: see there */
	uint32_t refusals; /* since the last 2xx: answers, */
	uint32_t singles;  /* of them to one event alone, */
	uint32_t pieces_refused; /* of them to pieces */
	struct instant ok_at;    /* the last 2xx; meaningful if any_ok */
	bool any_ok;
	uint64_t cap_bytes; /* learned from a 413; 0: none */
	struct instant cap_at;

	/* response_policy.h */
	uint32_t unauthorized;      /* stopped by a 401, so often in a row */
	uint64_t refused_at;        /* 1 + answers 2xx of all lanes by then */
	bool logged;                /* its trouble, and not yet its end */
	struct instant quiet_until; /* log trouble no sooner */
	uint64_t dead_letters_unlogged; /* events, since the last line */
	struct instant dead_letters_quiet_until;
	struct instant warned_until; /* expiry.h: log no sooner */
	int64_t deficit, wanted;     /* drr.h */
	bool in_service;             /* drr.h */
	bool bursts;                 /* batches wait longer and fill further */
	struct call_pressure_lane pressure;
	struct list_node cut_off; /* pump.c: its call could not be sent */
	struct list_node ready;   /* run_queue.h */
	struct heap_entry wake;   /* run_queue.h */
};

/* Takes what the table is from the record; see queue_add. */
void lane_add(struct lane *lane, struct record *record, struct instant now,
    int64_t old_ms);

/* Cuts the queue's first record, as much as fits, into the empty `batch`. */
bool lane_cut_old(struct lane *lane, struct batch *batch);

/* Something of it is in flight, to be sent again, or queued. */
bool lane_has_more(const struct lane *lane);

/* Limit of a batch that is no probe.  The lane must have something. */
uint64_t lane_max_events(const struct lane *lane);

/* When there is something to send; may be past; INSTANT_NEVER. */
struct instant lane_due(const struct lane *lane, bool draining);

/*
 * What to send now: a batch of its lists that is due, still in its list, or
 * `spare`, which was empty and is planned now.  NULL: nothing, or *oom_out.
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

/* An answer came: the batch is in flight no more. */
void lane_done(struct lane *lane, const struct batch *batch);

/* Adds to the retries. */
void lane_retry(struct lane *lane, struct batch *batch);
void lane_retry_first(struct lane *lane, struct batch *batch);

/*
 * What an answer says about the lane.  True: it stopped, flows again, or failed
 * once more in its state; the caller then sets `until` by `failures`.  `calls`
 * is the number of the last call.  lane_move: it is known without an answer.
 */
bool lane_answered(struct lane *lane, const struct batch *batch,
    enum lane_event event, uint64_t calls);
bool lane_move(struct lane *lane, enum lane_event event, uint64_t calls);
enum lane_state lane_next(enum lane_state state, enum lane_event event);

#endif
