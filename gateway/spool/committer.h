/*
 * committer - the thread that owns the log, and the io_thread that helps it.
 *
 * The committer takes what all workers appended and the pump acked since it
 * last looked, and commits it: one write, one sync.  While a sync runs, the
 * next batch gathers; there is no timer.  A worker all of whose producers wait
 * for the disk runs the commit itself (committer_help), which
 * spares two changes of thread.  Acks, for which no producer waits, go with the
 * next commit of the coming milliseconds, or else get one of their own.  The
 * io_thread runs jobs (io_job.h): disk work that no commit waits for.
 *
 *	workers --appended--> committer --visible--> pump
 *	pump ----acked----> committer --jobs--> io_thread --done--> committer
 *
 * A commit that failed completes the records' completions with "failed".
 * Records without one (they were acknowledged as received) are kept and tried
 * again, and so are acks.
 *
 * Units	bytes.
 * Ownership	committer_start gives, committer_stop takes; the journal and
 *		disk are the committer's in between.
 * Threads	put, wake and help from any, the rest from the pump's.
 * Errors	no memory, no threads: false and a text.
 */
#ifndef GATEWAY_SPOOL_COMMITTER_H
#define GATEWAY_SPOOL_COMMITTER_H

#include "gateway/journal/journal.h"

struct committer_options {
	struct journal_options journal;
	uint64_t pending_bytes; /* memory of records not yet durable */
	bool by_hand;           /* no threads: committer_cycle instead */
	int visible_fd;         /* written when records became visible */
};

struct committer;

bool committer_start(struct committer **out,
    const struct committer_options *options, struct err *err);

/*
 * How a cycle ended: is all that was asked durable, is the disk to be retried?
 */
struct committer_cycle {
	bool idle, retry;
};

/*
 * What the threads do, again and again; without them, tests do it by hand.
 * False: no job was due.
 */
struct committer_cycle committer_cycle(struct committer *committer);
bool committer_run_job(struct committer *committer);

/* Commits what is left, and works no more; gives the events that wait. */
uint64_t committer_end_work(struct committer *committer);

/* Does that too; frees all records but those with the pump. */
void committer_stop(struct committer **committer);

/*
 * False: no room. Where *wake_out was set (it is never cleared), committer_wake
 * must follow.
 */
bool committer_put(
    struct committer *committer, struct record *record, bool *wake_out);
void committer_wake(struct committer *committer);

/* One cycle in the caller's thread, unless the committer is in one. */
void committer_help(struct committer *committer);
struct record *committer_visible(struct committer *committer);
void committer_part(struct committer *committer, struct record *record,
    struct frame_range range);
void committer_end(
    struct committer *committer, struct record *record, struct instant now);
void committer_want(
    struct committer *committer, struct table *table, uint64_t bytes);

/* For its atomic counts alone; any thread. */
const struct journal *committer_journal(const struct committer *committer);

#endif
