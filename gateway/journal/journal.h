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
 * One thread uses it.  Disk work that need not be waited for leaves as jobs
 * (io_job.h) and comes back.
 *
 *	capacity.h     how much of it there may be
 *	write_batch.h    frames gathered, written and synced
 *	ack_apply.h   what a commit changes once it is durable
 *	recovery.h  from files to state, at the start
 *	read_ahead.h    records read back for the pump
 *	compaction.h    living records copied forward
 *
 * Units	bytes, events.
 * Ownership	journal_open gives, journal_close takes.
 * Threads	the committer's, but for the atomics.
 * Errors	false and a text.
 */
#ifndef GATEWAY_JOURNAL_JOURNAL_H
#define GATEWAY_JOURNAL_JOURNAL_H

#include <stdatomic.h>

#include "gateway/journal/segment_list.h"
#include "gateway/journal/cost.h"
#include "gateway/journal/io_ops.h"
#include "gateway/journal/io_job.h"
#include "gateway/journal/journal_counts.h"
#include "gateway/journal/segment.h"
#include "gateway/journal/table_index.h"

struct journal_options {
	struct io_ops *io; /* borrowed */
	struct tables *tables;
	uint64_t max_bytes;
	uint64_t segment_bytes;
	uint64_t largest_bytes;  /* of a record's lines */
	uint64_t resident_bytes; /* memory of records the pump has */
	uint64_t seed;           /* random */
	struct instant now;      /* the same moment by both clocks */
	int64_t wall_ms;
};

struct write_batch;
struct recovery;
struct compaction;

/* Segments with their lists of records in memory, for reading back. */
#define JOURNAL_CACHED 4

struct journal {
	struct journal_options options;
	struct io_ops *io;
	struct instant now; /* of the step under way */
	uint32_t segments_most;
	uint64_t next_id;
	uint64_t counter; /* upper half of the last epoch */
	uint64_t random;
	struct segment_list used; /* oldest first; with the open one */
	struct segment_list free; /* died first, used first */
	struct segment *open;     /* NULL: none yet */
	bool creating;
	uint32_t removing;
	uint32_t to_unlink;        /* of the free ones */
	uint64_t quarantine_bytes; /* damaged things that were put aside */
	bool create_failed;        /* the disk refused a new segment */
	bool reopen_failed;
	bool names_unsynced; /* of files found: not synced yet */
	uint64_t freed;      /* segments, ever */
	bool retry;          /* something failed: call journal_step by and by */
	bool failed;         /* something has, since the last good commit */
	struct table_index *indexes; /* by the table's index */
	struct table_index *orphaned;
	struct table_index *needs_read, *needs_read_last;
	uint64_t resident;
	/* Cost of all that lives or is about to; spool_put adds. */
	atomic_uint_fast64_t reserved;
	atomic_uint_fast64_t limit;
	struct journal_counts counts;
	atomic_uint_fast64_t
	    version; /* odd while counts of table_index change */
	struct io_job *jobs, *jobs_last; /* for the io_thread */
	uint32_t jobs_out;
	uint32_t reads_out;
	uint32_t unreadable; /* reading jobs that failed, one after another */
	struct segment *cached[JOURNAL_CACHED];
	uint32_t cached_next;
	struct record *visible, *visible_last; /* for the pump */
	struct write_batch *batch;
	struct recovery *recovery;
	struct compaction *compaction;
	struct err last_err;
};

bool journal_open(struct journal **out, const struct journal_options *options,
    struct err *err);

/*
 * Commit first. Runs the jobs that no thread has begun where that is useful,
 * and seals the open segment.
 */
void journal_close(struct journal **journal);

/* Does work that is due; call between commits and after a job came back. */
void journal_step(struct journal *journal, struct instant now);

/* Some time has gone by since something failed. */
void journal_retry(struct journal *journal);

/* The next job for the io_thread, or NULL; and back when it was run. */
struct io_job *journal_job(struct journal *journal);
void journal_done(
    struct journal *journal, struct io_job *job, struct instant now);

/* Records for the pump, oldest first by `next`. */
struct record *journal_visible(struct journal *journal);
void journal_show(struct journal *journal, struct record *record);

/*
 * Around changes of several counts of a table_index that other threads read
 * together: they compare the version before and after.
 */
void journal_begin_counts(struct journal *journal);
void journal_end_counts(struct journal *journal);

/* For the journal's own modules. */
void journal_give_job(struct journal *journal, struct io_job *job);
void journal_take_out(struct journal *journal, struct segment *segment);
struct segment *journal_find(const struct journal *journal, uint64_t epoch);
void journal_recycle(struct journal *journal);
uint64_t journal_next_epoch(struct journal *journal);

#endif
