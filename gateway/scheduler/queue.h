/*
 * queue - a lane's records that are not, or not wholly, cut into batches.
 *
 *	head              live             tail
 *	[old][old][backlog][backlog][live][live]
 *	      ^ old
 *
 * Old ones, whose earliest event has used most of its max_age, go first, the
 * oldest before the others (nearly: a late one is sorted in within a few
 * steps). Then come the others as they were accepted.  What was accepted a
 * moment ago is live: while a backlog waits before the live ones, every other
 * batch is of them, so that they need not wait for all of it.  While more waits
 * than a batch holds, producers with a name share the backlog, and the live
 * ones: fair_queue.h.
 *
 * Units	events, bytes; instants for waiting, wall milliseconds for age.
 * Ownership	holds records; zeroed is empty.
 */
#ifndef GATEWAY_SCHEDULER_QUEUE_H
#define GATEWAY_SCHEDULER_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/model/record.h"
#include "gateway/scheduler/fair_queue.h"

#define QUEUE_LIVE_NS (10 * NS_PER_S)

struct queue {
	struct record *head, *tail;
	struct record *live;     /* the first; NULL: none */
	struct record *old;      /* the last; NULL: none */
	uint64_t events, bytes;  /* not cut */
	int64_t earliest_ms;     /* of those not old, at least; if any */
	bool live_last;          /* the last batch was of the live ones */
	struct fair_queue *fair; /* owned while something waits; NULL: none */
};

/*
 * Records whose earliest event is before `old_ms` are old.  `crowded`: more
 * waits than a batch holds.
 */
void queue_add(struct queue *queue, struct record *record, struct instant now,
    int64_t old_ms, bool crowded);

/* Takes a record out; what was cut of it stays cut. */
void queue_remove(struct queue *queue, struct record *record);

/* So much more of a record is cut; it leaves when all of it is. */
void queue_cut(struct queue *queue, struct record *record, uint32_t events,
    uint32_t bytes);

/* Where the next batch begins; a live one waits for its linger. */
struct record *queue_first(
    struct queue *queue, struct instant now, int64_t linger_ns);

/* A batch that begins with this record goes out. */
void queue_batch_cut(struct queue *queue, const struct record *first);

/* Moves those that have become old to the front. */
void queue_move_old(struct queue *queue, int64_t old_ms);

#endif
