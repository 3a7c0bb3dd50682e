/*
 * accounting - what becomes of every event, counted; nothing is derived.
 *
 *	taken --> waiting <--> in flight --> delivered
 *	           | |             |
 *   dead_lettered <+ +-> withdrawn <+  (failed, after its request was withdrawn)
 *
 * An event is always in exactly one of the five places, so at any moment
 *
 *	taken = waiting + in_flight + delivered + withdrawn + dead_lettered
 *
 * A record goes back to the spool when its last event has left.  A completion
 * is completed when all its events are delivered, or at its deadline.
 * Completions stand in a list by deadline; since nearly all wait for the same
 * time, a new one nearly always belongs at the end.
 *
 * Events of a withdrawn request that are in a batch which waits to be sent
 * again are counted out at once, and leave the batch before it is sent.
 *
 * Ownership	records belong to the spool, which gets each back once.
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
	uint64_t dead_lettered; /* stored as dead letters */
};

struct accounting {
	struct accounting_counts counts;
	struct spool *spool;
	struct upstream_stats *stats; /* the same by table */
	bool spool_counts;            /* the spool counts `accepted` itself */
	struct record *awaited,
	    *awaited_tail; /* have a completion; by deadline */
};

void accounting_take(struct accounting *accounting, struct record *record);
void accounting_sent(struct accounting *accounting, struct batch *batch);
void accounting_delivered(
    struct accounting *accounting, struct batch *batch, struct instant now);

/* Back to waiting; what was withdrawn meanwhile leaves the batch. */
void accounting_failed(
    struct accounting *accounting, struct batch *batch, struct instant now);

/*
 * The events of a batch that is not in flight leave: they are dead letters now,
 * or are reported to the producer who waits for them.
 */
void accounting_dead_lettered(
    struct accounting *accounting, struct batch *batch, struct instant now);
void accounting_returned(
    struct accounting *accounting, struct batch *batch, struct instant now);

/* Removes what was withdrawn; the batch may be empty then. */
void accounting_purge(
    struct accounting *accounting, struct batch *batch, struct instant now);

/*
 * At the end: releases the events of a batch, or those of a record that were
 * not cut; what is not acked of a record stays in the spool.
 */
void accounting_release(
    struct accounting *accounting, struct batch *batch, struct instant now);
void accounting_release_uncut(
    struct accounting *accounting, struct record *record, struct instant now);

/* The record with the first deadline; NULL and INSTANT_NEVER: none. */
struct record *accounting_first(const struct accounting *accounting);
struct instant accounting_deadline(const struct accounting *accounting);

/*
 * Counts out what is not in flight and completes the completion.  The record
 * must not be queued any more; it may be freed by this.
 */
void accounting_withdraw(
    struct accounting *accounting, struct record *record, struct instant now);

#endif
