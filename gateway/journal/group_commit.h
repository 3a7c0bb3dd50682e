/*
 * group_commit - everything staged goes to disk: one write, one sync.
 *
 * Nothing that a commit carries is true before group_commit_run said so.  If it
 * failed, all of it is as before, and its segment is left alone from then on:
 * after a sync that failed, the kernel may have dropped the pages and call
 * them clean.  What was not durable in it is void, and the next commit says
 * so, elsewhere.
 *
 * Units	bytes.
 * Ownership	as write_batch.h says.
 * Errors	group_commit_run: false and a text.
 */
#ifndef GATEWAY_JOURNAL_GROUP_COMMIT_H
#define GATEWAY_JOURNAL_GROUP_COMMIT_H

#include "gateway/journal/write_batch.h"

/* False: nothing of it counts, and no commit goes to this segment any more. */
bool group_commit_run(struct journal *journal, struct err *err);

/* The fresh records of the commit just made, or just failed, in order. */
struct record *group_commit_records(struct journal *journal);

/*
 * The segment of this epoch can be written again: no frame about its end is
 * needed.
 */
void group_commit_forget_aborted(struct journal *journal, uint64_t epoch);

#endif
