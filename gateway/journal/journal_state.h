/*
 * journal_state - what the modules of the journal work on together.
 *
 * Only files of this folder write to it.  Members that belong to one module
 * are in a struct of that module's own (batch, recovery, compaction).  The
 * functions here need nothing but this state; each module that needs more
 * stands above (journal.h has the order).
 *
 * Threads	the committer's, but for the atomics.
 */
#ifndef GATEWAY_JOURNAL_JOURNAL_STATE_H
#define GATEWAY_JOURNAL_JOURNAL_STATE_H

#include <stdatomic.h>

#include "gateway/base/rng.h"
#include "gateway/journal/cost.h"
#include "gateway/journal/io_job.h"
#include "gateway/journal/io_ops.h"
#include "gateway/journal/journal_counts.h"
#include "gateway/journal/segment.h"
#include "gateway/journal/segment_list.h"
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
	struct rng random;
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
	/* Found at the start, and not yet verified; oldest first. */
	struct segment **found;
	uint32_t found_count, found_room;
	struct write_batch *batch;
	struct recovery *recovery;
	struct compaction *compaction;
	struct err last_err;
};

/* The next upper half, and random bits. */
uint64_t journal_state_next_epoch(struct journal *journal);

/* The segment in use with this epoch; NULL: none. */
struct segment *journal_state_find(
    const struct journal *journal, uint64_t epoch);

/* Nothing of it was ever durable: it goes back to the free ones. */
void journal_state_take_out(struct journal *journal, struct segment *segment);

/* The segment has no tables any more. */
void journal_state_forget_tables(struct segment *segment);

/* It is no longer one of those that keep their list of records. */
void journal_state_forget_cached(
    struct journal *journal, const struct segment *segment);

void journal_state_give_job(struct journal *journal, struct io_job *job);

/* Records of the table are on disk only: read_ahead_step looks at it. */
void journal_state_need_read(
    struct journal *journal, struct table_index *index);

/* Records for the pump, oldest first by `next`. */
void journal_state_publish(struct journal *journal, struct record *record);

/*
 * Around changes of several counts of a table_index that other threads read
 * together: they compare the version before and after.
 */
void journal_state_begin_counts(struct journal *journal);
void journal_state_end_counts(struct journal *journal);

/* The next job for the io_thread, or NULL. */
struct io_job *journal_job(struct journal *journal);

/* Takes what was published. */
struct record *journal_visible(struct journal *journal);

#endif
