/*
 * dead_letter_batch - events on their way to the dead letters, together.
 *
 * A letter is synced before its event leaves the spool, and a sync takes as
 * long for a thousand letters as for one.  So what the pump wants to bury in
 * one turn is gathered here and kept with one sync; only then is it counted
 * and settled.  In between its events wait, as they did before.
 *
 *	dead_letter_batch_add --> gathered --dead_letter_batch_hold--> kept  (to be counted out)
 *	                                       +-> left  (to go back)
 *
 * When there is no room for all of them, as many are kept as fit.
 *
 * Units	bytes of events.
 * Ownership	borrows all but the batches, which it takes and, as kept or
 *		left ones, gives.  Each has its refusal, which says why.
 * Threads	the pump's; it waits while the disk syncs.
 * Errors	no room, no disk, no memory: batches are left.
 */
#ifndef GATEWAY_SCHEDULER_DEAD_LETTER_BATCH_H
#define GATEWAY_SCHEDULER_DEAD_LETTER_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/scheduler/batch.h"
#include "gateway/deadletter/sink.h"
#include "gateway/scheduler/accounting.h"

struct dead_letter_batch {
	struct undertaker *undertaker; /* NULL: nobody keeps dead letters */
	struct accounting *ledger;
	struct batch_pool *pool;
	struct batch_list gathered, kept, left;
	size_t bytes; /* gathered */
};

/* The batch is in no list and filled. */
void dead_letter_batch_add(
    struct dead_letter_batch *funeral, struct batch *batch);

/* It has gathered enough for one turn. */
bool dead_letter_batch_full(const struct dead_letter_batch *funeral);

/* True: something is among the kept ones or those left. */
bool dead_letter_batch_hold(
    struct dead_letter_batch *funeral, struct instant now, int64_t wall_ms);

/* The next of a list, taken out; NULL: there is none. */
struct batch *dead_letter_batch_next(struct batch_list *list);

#endif
