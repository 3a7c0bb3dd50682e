/*
 * journal - the spool's log on disk: one order for all tables.
 *
 *	oldest                                             open
 *	[ segment ][ segment ][ segment ][ segment ][ frames ...   ]
 *	 recycled first                              commits go here
 *
 * Segments are recycled strictly from the oldest on.  Acks are frames
 * of the log that stand behind the records they ack, so once a segment is
 * the oldest, everything that its acks speak of is gone, and it may go
 * too.  A record that lives too long for that is copied forward: it becomes a
 * new frame with its old sequence, and the old one counts as acked, in one
 * commit.  Segments are overwritten in the order in which they died, hence a
 * dead one that a start still finds whole is found dead again.
 *
 * A record is named by where it stands: epoch of its segment, and number
 * among the segment's records.
 *
 * One thread uses it.  Disk work that no commit waits for leaves as jobs
 * (io_job.h) and comes back.  The modules of this folder, each above those
 * that stand before it:
 *
 *	frame, range_set, io_ops	bytes on disk
 *	segment, segment_contents, scan, segment_footer, io_job
 *	table_index, record_ref		what waits, and where it stands
 *	journal_state			what all of the following share
 *	capacity			how many segments there may be
 *	compaction_source		which one is copied forward
 *	write_batch, ack_apply		what a commit writes and changes
 *	group_commit			one write, one sync
 *	read_ahead, reopen, compaction	records read back, copied forward
 *	recovery			from files to state, at the start
 *	journal				all of it together
 */
#ifndef GATEWAY_JOURNAL_JOURNAL_H
#define GATEWAY_JOURNAL_JOURNAL_H

#include "gateway/journal/journal_state.h"

bool journal_open(struct journal **out, const struct journal_options *options,
    struct err *err);

/*
 * Commit first.  Runs the jobs that no thread has begun where that is useful,
 * and seals the open segment.
 */
void journal_close(struct journal **journal);

/* Does work that is due; call between commits and after a job came back. */
void journal_step(struct journal *journal, struct instant now);

/* Some time has gone by since something failed. */
void journal_retry(struct journal *journal);

/* A job of journal_job was run. */
void journal_done(
    struct journal *journal, struct io_job *job, struct instant now);

#endif
