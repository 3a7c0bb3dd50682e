/*
 * compaction - living records are copied forward, so that they don't pin the log.
 *
 * One segment at a time: a broken one first, else the oldest, when room is
 * short or when more than half of the log is dead.  Its living records are
 * read by a job, staged by and by into ordinary commits, and when nothing of
 * it lives any more it is recycled like any other.
 *
 * Units	bytes.
 * Ownership	as journal.h says.
 * Threads	none inside.
 * Errors	a record that cannot be read is counted as damaged; a disk
 *		that cannot be read is asked again later.
 */
#ifndef GATEWAY_JOURNAL_COMPACTION_H
#define GATEWAY_JOURNAL_COMPACTION_H

#include "gateway/journal/journal.h"

bool compaction_init(struct journal *journal);
void compaction_fini(struct journal *journal);

/* Would waiting for it bring room? */
bool compaction_can_help(const struct journal *journal);

/* Is the list of this one's records needed? */
bool compaction_uses(
    const struct journal *journal, const struct segment *segment);

/* What is still to be copied of the oldest segment, at most. */
uint64_t compaction_bytes_left(const struct journal *journal);

/* Are there copies to be added to the batch? */
bool compaction_ready(const struct journal *journal);

/* Leaves this one alone, if it is the one under way and nothing is read. */
void compaction_drop(struct journal *journal, const struct segment *segment);

void compaction_step(struct journal *journal);
void compaction_done(struct journal *journal, struct io_job *job);

/* Stages copies; and what became of them. */
void compaction_stage(struct journal *journal);
void compaction_committed(struct journal *journal, bool ok);

/* A record of the segment under way came to memory, or is in it no more. */
void compaction_note(struct journal *journal, struct record_ref *ref);
void compaction_forget(struct journal *journal, struct record_ref *ref);

#endif
