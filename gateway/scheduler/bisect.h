/*
 * bisect - which event of a refused batch is at fault?
 *
 * A refused batch is sent again in halves, in order, until the event at fault
 * is alone: at most 2 * ceil(log2 n) more calls for one of n.
 *
 *	[ . . . x . . . . ]	refused
 *	[ . . . x ] [ . . . . ]	refused, delivered
 *	[ . . ] [ . x ]		delivered, refused
 *	        [ . ] [ x ]	delivered, refused alone: a candidate
 *
 * A table that refuses everything (a wrong id, a changed schema) looks the same
 * at first, and its events must not all become dead letters.  So a candidate
 * becomes one only when a control event confirms it: another event of its lane
 * that was delivered after the refusal.  If the lane has nothing more to send
 * that could be one, a delivery within the minute before is enough.  An event
 * refused for its size (413) needs no control.  If there is none, the candidate
 * is undetermined: it is tried again now and then.
 *
 * When so many single events, or so many pieces, are refused in a row without a
 * control, the lane is at fault and not its events: all go back to the retries,
 * and the lane is held.
 *
 * A 413 teaches the lane to send half the size.  That limit grows by a tenth a
 * minute until it is gone.
 *
 * While nothing of a lane is delivered, pieces go one by one and depth first,
 * so that to find the lane at fault costs 20 calls.
 *
 * Ownership	takes a batch where it says so.
 * Errors	no memory: a value.
 */
#ifndef GATEWAY_SCHEDULER_BISECT_H
#define GATEWAY_SCHEDULER_BISECT_H

#include "gateway/scheduler/dead_letter_batch.h"
#include "gateway/scheduler/lane.h"
#include "gateway/scheduler/accounting.h"
#include "gateway/scheduler/upstream.h"

#define BISECT_SINGLES_MAX 8  /* refused in a row: the lane is at fault */
#define BISECT_PIECES_MAX  20 /* likewise */

struct bisect {
	struct accounting *accounting;
	struct batch_pool *pool;
	struct dead_letter_batch *dead_letters;
};

struct bisect_time {
	struct instant now;
	int64_t wall_ms;
};

enum bisect_answer {
	BISECT_SPLIT,         /* taken: its pieces are with the lane */
	BISECT_CANDIDATE,     /* taken: it waits for a control event */
	BISECT_CONFIRMED,     /* taken: refused twice, delivered in between */
	BISECT_LANE_AT_FAULT, /* the batch is still the caller's */
	BISECT_NO_MEMORY,     /* the batch is still the caller's */
};

/* The batch, not empty, was refused; `word` is the response class'. */
enum bisect_answer bisect_refused(struct bisect *bisect, struct batch *batch,
    const struct upstream_answer *answer, const char *word, struct instant now);

/* Something of the lane was delivered: the control for all candidates. */
void bisect_delivered(struct lane *lane, struct instant now);

/*
 * Gives the candidates that are confirmed to the dead letters, and drops those
 * that were withdrawn.  Where nobody stores dead letters they are reported to
 * the producer who waits: returns how many.  If there is no such producer
 * either, *not_stored is set and the event is among the retries.
 */
uint32_t bisect_review(struct bisect *bisect, struct lane *lane,
    struct instant now, bool *not_stored);

/* A batch that could not be stored: to the retries, to be tried seldom. */
void bisect_retry_later(struct batch *batch, struct instant now);

#endif
