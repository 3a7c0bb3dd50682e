/*
 * bisect - which event of a refused batch is at fault?
 *
 * A batch that is refused is sent again in halves, in order, until the culprit
 * stands alone: at most 2 * ceil(log2 n) more calls for one of n.
 *
 *	[ . . . x . . . . ]	refused
 *	[ . . . x ]	taken <-[ . . . . ]
 *	[ . . ] [ . x ]
 *	        [ . ] [ x ]	refused alone: a suspect
 *
 * A table that refuses everything (a wrong id, a changed schema) looks the same
 * at first, and must not turn a night of events into dead letters.  So a
 * suspect is buried only when a witness is there: another event of its lane
 * that was taken after it; or, when nothing more is to be sent that could be
 * one, within the minute before it.  One that was refused for its size needs
 * none.  While neither comes the suspect is tried again now and then.  Without
 * a witness the lane is at fault, not its events, when so many single events,
 *or so many pieces, were refused in a row: all go back to be sent again, and
 *the lane holds.
 *
 * A 413 teaches the lane that batches of half the size are more welcome.  It
 * forgets that by a tenth a minute, and may run into the limit again.
 *
 * While nobody takes anything of a lane it is in doubt: pieces go alone, one by
 * one and depth first, so that being wrong about everything costs 20 calls.
 *
 * Units	events; instants.
 * Ownership	borrows all; takes a batch where it says so.
 * Threads	the pump's.
 * Errors	no memory: a value.
 */
#ifndef GATEWAY_SCHEDULER_BISECT_H
#define GATEWAY_SCHEDULER_BISECT_H

#include "gateway/scheduler/dead_letter_batch.h"
#include "gateway/scheduler/lane.h"
#include "gateway/scheduler/accounting.h"
#include "gateway/scheduler/upstream.h"

#define BISECT_SINGLES_MOST 8  /* refused in a row: the lane is wrong */
#define BISECT_PIECES_MOST  20 /* likewise */

struct bisect {
	struct accounting *ledger;
	struct batch_pool *pool;
	struct dead_letter_batch *funeral;
};

struct bisect_time {
	struct instant now;
	int64_t wall_ms;
};

enum bisect_answer {
	BISECT_SPLIT,     /* taken: its pieces are with the lane */
	BISECT_SUSPECTED, /* taken: it waits for a witness */
	BISECT_GUILTY,    /* taken: it was seen twice, bury it */
	BISECT_WRONG,     /* the lane is: the batch is still the caller's */
	BISECT_NO_MEMORY, /* the batch is still the caller's */
};

/* The batch, not empty, was refused with `word`, a verdict's. */
enum bisect_answer bisect_refused(struct bisect *sieve, struct batch *batch,
    const struct upstream_answer *answer, const char *word, struct instant now);

/* Something of the lane was taken: there is a witness for all suspects. */
void bisect_taken(struct lane *lane, struct instant now);

/*
 * Gives the suspects that may be buried to the funeral, and forgets those that
 * were withdrawn.  Gives how many were told to the producer who waits, because
 * nobody keeps dead letters; *stays_out if there is no such one either, and it
 * is among the lane's retries.
 */
uint32_t bisect_settle(struct bisect *sieve, struct lane *lane,
    struct instant now, bool *stays_out);

/* A batch that could not be buried: among the retries, to be tried seldom. */
void bisect_stays(struct batch *batch, struct instant now);

#endif
