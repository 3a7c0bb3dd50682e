/*
 * commit_cycle - what the committer does when it is its turn: take what was said,
 * stage it, commit, and tell everyone.
 *
 *	said --gather--> pending --stage--> commit --publish--> visible, completions
 *	                    ^                  |
 *	                    +-----failed-------+
 *
 * Apart from the committer's thread, because a worker that waits for the disk
 * anyhow goes round too (commit_cycle_help), and because tests do it by hand.
 *
 * Units	bytes, events.
 * Ownership	records are the cycle's from the queue until they are visible;
 *		what is left at the end is freed, its completions acked as failed.
 * Threads	one at a time, see committer.c; the queue, what is visible and
 *		the atomics are for all.
 * Errors	ack completions; what nobody waits for is tried again.
 */
#ifndef GATEWAY_SPOOL_COMMIT_CYCLE_H
#define GATEWAY_SPOOL_COMMIT_CYCLE_H

#include "gateway/spool/submit_queue.h"
#include "gateway/journal/journal.h"
#include "gateway/journal/io_thread.h"

struct commit_cycle {
	struct journal *journal;
	struct submit_queue queue;
	struct io_thread io_thread;
	int visible_fd;
	atomic_int_fast64_t now_ns; /* the latest that any caller passed */
	atomic_uint_fast64_t pending_bytes; /* memory of what is not durable */
	_Atomic(struct record *) visible;   /* newest first */

	/* private to commit_cycle.c */
	struct record *pending, **pending_link; /* oldest first */
	struct submit_queue_ops ops;
	size_t ops_staged, ops_done;
};

/* The journal is opened by the caller, and closed by commit_cycle_fini. */
void commit_cycle_init(struct commit_cycle *cycle, struct io_ops *io,
    int wakeup_fd, int visible_fd);
void commit_cycle_fini(struct commit_cycle *cycle);

void commit_cycle_set_time(struct commit_cycle *cycle, struct instant now);

/* All that is due. */
void commit_cycle_run(struct commit_cycle *cycle);

/*
 * What producers wait for.  False: there is more, such as copying forward and
 * getting over a failure, which is left to the committer's own thread.
 */
bool commit_cycle_help(struct commit_cycle *cycle);

/* Is nothing pending of what was gathered? */
bool commit_cycle_idle(const struct commit_cycle *cycle);

#endif
