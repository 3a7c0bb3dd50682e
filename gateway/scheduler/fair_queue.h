/*
 * fair_queue - whose record of one table goes next.
 *
 * Producers of a table that are told apart by name (producers.identify_by)
 * take turns while more waits than a batch holds, so that one that is loud
 * delays itself and not the others.  Every record gets a number as it comes,
 * its turn, and the queue holds them in that order:
 *
 *	turn = bytes + the later of	the turn of its producer's last record
 *					the turn that is being sent (the clock)
 *
 *	loud	|  1 |  2 |  3 |  4 |  5 |  6 |  7 ...
 *	quiet		  |2|             sent: 1 2 2 3 4 5 6 7 ...
 *
 * A queue's backlog and what is live are two rows, each with turns of its own.
 * A thousand names are told apart; the others share one, as those do who send
 * none.  Of a backlog on disk only what has been read back takes turns.
 *
 * Units	bytes.
 * Ownership	fair_queue_make gives, fair_queue_free takes.  Records are borrowed.
 * Threads	the pump's.
 * Errors	no memory: NULL, and records go as they came.
 */
#ifndef GATEWAY_SCHEDULER_FAIR_QUEUE_H
#define GATEWAY_SCHEDULER_FAIR_QUEUE_H

#include "gateway/model/record.h"

struct fair_queue;

struct fair_queue *fair_queue_make(void);
void fair_queue_free(struct fair_queue *turns);

/*
 * The record, whose `live` and label are set, comes into its row.  Gives the
 * last one of its producer there: its place is behind that; NULL: anywhere, but
 * soon if its producer has had no more than others.
 */
struct record *fair_queue_join(
    struct fair_queue *turns, struct record *record, bool *soon_out);

/* Some of it is about to be sent. */
void fair_queue_sent(struct fair_queue *turns, const struct record *record);

/* It is live no more, and stands last in the backlog. */
void fair_queue_move(struct fair_queue *turns, struct record *record);
void fair_queue_leave(struct fair_queue *turns, const struct record *record);

#endif
