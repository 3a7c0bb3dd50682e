/*
 * segment_index - segments' lists of records, in memory while someone reads.
 *
 * A footer has the list; it is read when records are read back or copied
 * forward, and a few segments keep theirs.
 *
 * Ownership	the list is the segment's.
 * Errors	a footer that cannot be read is asked for again later.
 */
#ifndef GATEWAY_JOURNAL_SEGMENT_INDEX_H
#define GATEWAY_JOURNAL_SEGMENT_INDEX_H

#include "gateway/journal/journal_state.h"

/* Has the list read, by a job. */
void segment_index_want(struct journal *journal, struct segment *segment);

/* Here it is; false: no memory, or it does not fit what is known. */
bool segment_index_put(struct journal *journal, struct segment *segment,
    struct segment_contents *contents);

#endif
