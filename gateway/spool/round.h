/*
 * round - what the committer does when it is its turn: take what was said,
 * stage it, commit, and tell everyone.
 *
 *	said --gather--> pending --stage--> commit --publish--> visible, tickets
 *	                    ^                  |
 *	                    +-----failed-------+
 *
 * Apart from the committer's thread, because a worker that waits for the disk
 * anyhow goes round too (round_help), and because tests do it by hand.
 *
 * Units	bytes, events.
 * Ownership	records are the round's from the inbox until they are visible;
 *		what is left at the end is freed, its tickets settled as failed.
 * Threads	one at a time, see committer.c; the inbox, what is visible and
 *		the atomics are for all.
 * Errors	settle tickets; what nobody waits for is tried again.
 */
#ifndef GATEWAY_SPOOL_ROUND_H
#define GATEWAY_SPOOL_ROUND_H

#include "gateway/spool/inbox.h"
#include "gateway/spool/journal.h"
#include "gateway/spool/keeper.h"

struct round {
	struct journal *journal;
	struct inbox inbox;
	struct keeper keeper;
	int visible_fd;
	atomic_int_fast64_t now_ns;         /* the latest that anyone told */
	atomic_uint_fast64_t pending_bytes; /* memory of what is not durable */
	_Atomic(struct record *) visible;   /* newest first */

	/* private to round.c */
	struct record *pending, **pending_link; /* oldest first */
	struct inbox_ops ops;
	size_t ops_staged, ops_done;
};

/* The journal is opened by the caller, and closed by round_fini. */
void round_init(
    struct round *round, struct disk *disk, int bell, int visible_fd);
void round_fini(struct round *round);

void round_tell_time(struct round *round, struct instant now);

/* All that is due. */
void round_run(struct round *round);

/*
 * What producers wait for.  False: there is more, such as copying forward and
 * getting over a failure, which is left to the committer's own thread.
 */
bool round_help(struct round *round);

/* Is nothing pending of what was gathered? */
bool round_idle(const struct round *round);

#endif
