/*
 * dead_letter_batch - events that become dead letters, stored many at a time.
 *
 * A dead letter is synced to disk before its event leaves the spool, and a sync
 * takes as long for a thousand letters as for one.  So what the pump finds in
 * one cycle is gathered here and stored with one sync; only then is it counted
 * and acked.  Until then the events count as waiting.
 *
 *	add --> gathered --flush--> stored	(to be counted out)
 *	                       +--> not_stored	(to go back to their lanes)
 *
 * When there is no room for all, as many are stored as fit.
 *
 * Ownership	takes the batches that are added, and gives them again as stored
 *		or not.  Each has its refusal, which says why.
 * Threads	the pump's, which waits while the disk syncs.
 * Errors	no room, a disk error, no memory: batches are not stored.
 */
#ifndef GATEWAY_SCHEDULER_DEAD_LETTER_BATCH_H
#define GATEWAY_SCHEDULER_DEAD_LETTER_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/scheduler/batch.h"
#include "gateway/deadletter/sink.h"
#include "gateway/scheduler/accounting.h"

struct dead_letter_batch {
	struct deadletter_sink *sink; /* NULL: nobody stores dead letters */
	struct accounting *accounting;
	struct batch_pool *pool;
	struct list gathered, stored, not_stored;
	size_t bytes; /* gathered */
};

/* The batch is in no list and filled. */
void dead_letter_batch_add(
    struct dead_letter_batch *dead_letters, struct batch *batch);

/* It has gathered enough for one cycle. */
bool dead_letter_batch_full(const struct dead_letter_batch *dead_letters);

/* True: something is in `stored` or `not_stored`. */
bool dead_letter_batch_flush(struct dead_letter_batch *dead_letters,
    struct instant now, int64_t wall_ms);

/* The next of a list, taken out; NULL: there is none. */
struct batch *dead_letter_batch_next(struct list *list);

#endif
