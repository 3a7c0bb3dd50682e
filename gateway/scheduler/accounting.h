/*
 * accounting - what becomes of every event, counted; nothing is derived.
 *
 *	taken --> waiting <--> in flight --> delivered
 *	           | |             |
 *	   buried <+ +-> withdrawn <+  (failed, after its request was withdrawn)
 *
 * An event is always in exactly one of the five places, so that at any moment
 *
 *	taken = waiting + in_flight + delivered + withdrawn + buried
 *
 * A record goes back to the spool when its last event has left; a completion is
 * settled when all its events are delivered, or at its deadline.  Tickets
 * stand in a list by deadline, and since nearly all have the same time to
 * wait, a new one nearly always belongs at its end.
 *
 * A withdrawn request's events that stand in a batch which waits to be sent
 * again are counted out at once, and leave the batch before it is sent.
 *
 * Units	events.
 * Ownership	records belong to the spool, which gets each back once.
 * Threads	the pump's.
 * Errors	none.
 */
#ifndef GATEWAY_SCHEDULER_ACCOUNTING_H
#define GATEWAY_SCHEDULER_ACCOUNTING_H

#include "gateway/metrics/upstream_stats.h"
#include "gateway/base/clock.h"
#include "gateway/spool/spool.h"
#include "gateway/scheduler/batch.h"

struct accounting_counts {
	uint64_t taken; /* from the spool */
	uint64_t waiting;
	uint64_t in_flight;
	uint64_t delivered;
	uint64_t withdrawn;
	uint64_t buried; /* among the dead letters */
};

struct accounting {
	struct accounting_counts counts;
	struct spool *spool;
	struct upstream_stats *stats; /* the same by table, for whoever asks */
	bool spool_counts;            /* what came: see spool_counts */
	struct record *watched,
	    *watched_tail; /* have a completion; by deadline */
};

void accounting_take(struct accounting *ledger, struct record *record);
void accounting_sent(struct accounting *ledger, struct batch *batch);
void accounting_delivered(
    struct accounting *ledger, struct batch *batch, struct instant now);

/* Back to waiting; what was withdrawn meanwhile leaves the batch. */
void accounting_failed(
    struct accounting *ledger, struct batch *batch, struct instant now);

/*
 * The events of a batch that is not in flight leave for the dead letters, or
 * back to the producer who waits for them.
 */
void accounting_buried(
    struct accounting *ledger, struct batch *batch, struct instant now);
void accounting_returned(
    struct accounting *ledger, struct batch *batch, struct instant now);

/* What was withdrawn leaves the batch, which may be empty then. */
void accounting_purge(
    struct accounting *ledger, struct batch *batch, struct instant now);

/*
 * At the end: the events of a batch, or of a record that were not cut, are let
 * go of; what is not settled of a record stays with the spool.
 */
void accounting_leave(
    struct accounting *ledger, struct batch *batch, struct instant now);
void accounting_leave_uncut(
    struct accounting *ledger, struct record *record, struct instant now);

/* The first deadline, and whose it is; NULL and INSTANT_NEVER: none. */
struct record *accounting_first(const struct accounting *ledger);
struct instant accounting_deadline(const struct accounting *ledger);

/*
 * Counts out what is not in flight and settles the completion.  The record must
 * not be queued any more; it may be gone afterwards.
 */
void accounting_withdraw(
    struct accounting *ledger, struct record *record, struct instant now);

#endif
