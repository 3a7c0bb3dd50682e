/*
 * lane - one table's queue on its way upstream, and whether it may go.
 *
 *	head            tail
 *	[record][record][rec            batches, cut when they may be sent
 *	   ^ what is cut                 retries: failed ones, oldest first
 *
 * Events stay in their records until the very moment a batch of theirs may be
 * sent, so batches fill while calls are scarce.  The state says what may go:
 *
 *	          later, refused           refused
 *	FLOWING ------------------> WAITING -------> HELD
 *	   ^ ^                       |  ^            |  |
 *	   | +--------- ok ----------+  +-- later ---+  |
 *	   +------------------- ok ---------------------+
 *
 *	(ok keeps FLOWING, later keeps WAITING, refused keeps HELD)
 *
 * FLOWING: as many at a time as it likes.  WAITING: nothing until `until`,
 * then one batch by itself, the probe, whose answer moves the lane again.
 * HELD: the same with a longer wait, and a person is needed.
 *
 * One refusal makes a lane WAITING only, because that batch alone may be at
 * fault: the next probe is another one where there is another one, since
 * retries and fresh batches take turns and a failed batch has a wait of its
 * own.
 *
 * Answers to calls sent before the lane last moved say nothing new about it
 * and move nothing: sixty calls that meet one outage are one failure.
 *
 * Units	events, bytes, nanoseconds.
 * Ownership	the pump owns lanes; a lane holds records and batches for it.
 * Threads	the pump's.
 * Errors	out of memory while planning: NULL.
 */
#ifndef GATEWAY_TRANSMIT_LANE_H
#define GATEWAY_TRANSMIT_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/books.h"
#include "gateway/clock.h"
#include "gateway/spool/record.h"
#include "gateway/spool/spool.h"
#include "gateway/table.h"
#include "gateway/transmit/batch.h"

enum lane_state { LANE_FLOWING, LANE_WAITING, LANE_HELD, LANE_STATES };
enum lane_event { LANE_OK, LANE_LATER, LANE_REFUSED, LANE_EVENTS };

struct lane {
	const struct table *table; /* good while the lane holds a record */
	uint64_t serial;           /* of the table; another one: start anew */
	struct books_table *books; /* of the table; good for ever */
	struct spool_counts seen;  /* the report's: what is in the books */

	struct record *head, *tail;           /* not, or not wholly, cut */
	uint64_t queued_events, queued_bytes; /* of them, not cut */
	struct batch *retries, *retries_tail;

	enum lane_state state;
	uint32_t level;            /* failures in a row in this state */
	uint64_t moved_at_call;    /* calls up to this one move nothing */
	struct instant until;      /* WAITING, HELD */
	const struct batch *probe; /* in flight; NULL: none */
	bool fresh_last;           /* whose turn it is */
	size_t in_flight;

	struct instant quiet_until; /* the judge's: complain no sooner */
	bool told;                  /* of trouble, and not yet of its end */

	struct lane *cut_off_next; /* the pump's; see there */
	bool cut_off;

	/* the agenda's */
	struct lane *ready_next;
	struct instant wake;
	size_t heap_at; /* 1 + place; 0: not in it */
	bool ready;
};

enum lane_state lane_next(enum lane_state state, enum lane_event event);

/* Takes what the table is from the record. */
void lane_add(struct lane *lane, struct record *record);

/* Takes a record out that is queued; what was cut of it stays cut. */
void lane_remove(struct lane *lane, struct record *record);

/* When there is something to send; may be past; INSTANT_NEVER. */
struct instant lane_due(const struct lane *lane, bool draining);

/*
 * What to send now: a retry that is due, still in the lane, or `spare`, empty,
 * now planned.  NULL: nothing is due (or no memory: then *oom_out).
 */
struct batch *lane_pick(struct lane *lane, struct batch *spare,
    struct instant now, bool draining, bool *oom_out);

/* The batch that lane_pick gave goes out.  False: no memory. */
bool lane_send(struct lane *lane, struct batch *batch);

/* Last, or first, among those to be sent again. */
void lane_retry(struct lane *lane, struct batch *batch);
void lane_retry_first(struct lane *lane, struct batch *batch);
void lane_retry_remove(struct lane *lane, struct batch *batch);

/* The batch is in flight no more, whatever the answer. */
void lane_back(struct lane *lane, const struct batch *batch);

/*
 * What the answer says about the lane.  False: nothing new.  True: it moved,
 * or failed once more where it is; the caller then sets `until` by `level`.
 * `calls` is the number of the last call that was sent.
 */
bool lane_answered(struct lane *lane, const struct batch *batch,
    enum lane_event event, uint64_t calls);

#endif
