/*
 * ledger - what becomes of every event, counted; nothing is derived.
 *
 *	taken --> waiting <--> in flight --> delivered
 *	           | |             |
 *	   buried <+ +-> withdrawn <+  (failed, after its request was withdrawn)
 *
 * An event is always in exactly one of the five places, so that at any moment
 *
 *	taken = waiting + in_flight + delivered + withdrawn + buried
 *
 * A record goes back to the spool when its last event has left; a ticket is
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
#ifndef GATEWAY_TRANSMIT_LEDGER_H
#define GATEWAY_TRANSMIT_LEDGER_H

#include "gateway/books.h"
#include "gateway/clock.h"
#include "gateway/spool/spool.h"
#include "gateway/transmit/batch.h"

struct ledger_counts {
	uint64_t taken; /* from the spool */
	uint64_t waiting;
	uint64_t in_flight;
	uint64_t delivered;
	uint64_t withdrawn;
	uint64_t buried; /* among the dead letters */
};

struct ledger {
	struct ledger_counts counts;
	struct spool *spool;
	struct books *books; /* the same by table, for whoever asks */
	bool spool_counts;   /* what came: see spool_counts */
	struct record *watched, *watched_tail; /* have a ticket; by deadline */
};

void ledger_take(struct ledger *ledger, struct record *record);
void ledger_sent(struct ledger *ledger, struct batch *batch);
void ledger_delivered(
    struct ledger *ledger, struct batch *batch, struct instant now);

/* Back to waiting; what was withdrawn meanwhile leaves the batch. */
void ledger_failed(
    struct ledger *ledger, struct batch *batch, struct instant now);

/*
 * The events of a batch that is not in flight leave for the dead letters, or
 * back to the producer who waits for them.
 */
void ledger_buried(
    struct ledger *ledger, struct batch *batch, struct instant now);
void ledger_returned(
    struct ledger *ledger, struct batch *batch, struct instant now);

/* What was withdrawn leaves the batch, which may be empty then. */
void ledger_purge(
    struct ledger *ledger, struct batch *batch, struct instant now);

/*
 * At the end: the events of a batch, or of a record that were not cut, are let
 * go of; what is not settled of a record stays with the spool.
 */
void ledger_leave(
    struct ledger *ledger, struct batch *batch, struct instant now);
void ledger_leave_uncut(
    struct ledger *ledger, struct record *record, struct instant now);

/* The first deadline, and whose it is; NULL and INSTANT_NEVER: none. */
struct record *ledger_first(const struct ledger *ledger);
struct instant ledger_deadline(const struct ledger *ledger);

/*
 * Counts out what is not in flight and settles the ticket.  The record must
 * not be queued any more; it may be gone afterwards.
 */
void ledger_withdraw(
    struct ledger *ledger, struct record *record, struct instant now);

#endif
