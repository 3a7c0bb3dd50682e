/*
 * fair_queue - whose record of one table goes next: fair queueing by producer
 * (self-clocked: Golestani, 1994).
 *
 * While more waits than a batch holds, the producers of a table that are known
 * by name (producers.identify_by) share it equally by bytes, so that one that
 * sends much delays itself and not the others.  Every record gets a finish tag
 * as it comes, and the queue holds records in that order:
 *
 *	finish tag = bytes + the later of	the tag of its producer's last record
 *						the tag that is being sent (the clock)
 *
 *	producer A	|  1 |  2 |  3 |  4 |  5 |  6 |  7 ...
 *	producer B		  |2|             sent: 1 2 2 3 4 5 6 7 ...
 *
 * A queue's backlog and its live part are two sections with tags of their own.
 * A thousand names are told apart; the others, and those without a name, share
 * one.  Of a backlog on disk only what has been read back takes part.
 *
 * Errors	no memory: NULL, and records go as they came.
 */
#ifndef GATEWAY_SCHEDULER_FAIR_QUEUE_H
#define GATEWAY_SCHEDULER_FAIR_QUEUE_H

#include "gateway/model/record.h"

struct fair_queue;

struct fair_queue *fair_queue_open(void);
void fair_queue_close(struct fair_queue *fair);

/*
 * Gives a record, whose `live` and label are set, its tag.  Returns the last
 * record of its producer in the same section, behind which it belongs.  NULL:
 * there is none; it belongs near the front if *early_out, because its producer
 * has had no more than others.
 */
struct record *fair_queue_add(
    struct fair_queue *fair, struct record *record, bool *early_out);

/* Some of it is about to be sent. */
void fair_queue_sent(struct fair_queue *fair, const struct record *record);

/* It is no longer live: it is the last of the backlog now. */
void fair_queue_to_backlog(struct fair_queue *fair, struct record *record);
void fair_queue_remove(struct fair_queue *fair, const struct record *record);

#endif
