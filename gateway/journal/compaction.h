/*
 * compaction - living records are copied forward, so that they don't pin the log.
 *
 * One segment at a time: a broken one first, else the oldest, when room is
 * short or when more than half of the log is dead.  Its living records are
 * read by a job, staged by and by into ordinary commits, and when nothing of
 * it lives any more it is recycled like any other.
 *
 * Units	bytes.
 * Errors	a record that cannot be read is counted as damaged; a disk
 *		that cannot be read is asked again later.
 */
#ifndef GATEWAY_JOURNAL_COMPACTION_H
#define GATEWAY_JOURNAL_COMPACTION_H

#include "gateway/journal/journal_state.h"

bool compaction_init(struct journal *journal);
void compaction_fini(struct journal *journal);

/* Are there copies to be added to the batch? */
bool compaction_ready(const struct journal *journal);

void compaction_step(struct journal *journal);
void compaction_done(struct journal *journal, struct io_job *job);

/* Stages copies; and what became of them. */
void compaction_stage(struct journal *journal);
void compaction_committed(struct journal *journal, bool ok);

#endif
