/*
 * reopen - the youngest segment is written on, when there is no other.
 * * A start begins a new segment, and so does a failed sync: simple, and
 * there is nearly always one.  When only those are left that are kept back
 * for copying, the rest of the youngest is wiped with zeros and synced
 * instead; after that it is as if it had never been left: no bytes of a
 * commit that failed or was torn are behind its tail.  Without this, a
 * process that is killed often enough on a full spool would use up what is
 * kept back, and stand still for ever.
 *
 * Units	bytes.
 * Errors	a disk that cannot is asked again later.
 */
#ifndef GATEWAY_JOURNAL_REOPEN_H
#define GATEWAY_JOURNAL_REOPEN_H

#include "gateway/journal/journal_state.h"

void reopen_step(struct journal *journal);
void reopen_done(struct journal *journal, struct io_job *job);

#endif
