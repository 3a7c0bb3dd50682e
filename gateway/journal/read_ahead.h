/*
 * read_ahead - records read back from disk for the pump.
 *
 * Memory holds a window of each table; the rest waits on disk.  When a
 * table's window runs low, its next records are read, from the oldest segment
 * that has some; tables that want something take turns.
 *
 * Units	bytes.
 * Ownership	as journal.h says.
 * Threads	none inside.
 * Errors	a record that cannot be read is counted as damaged; a disk
 *		that cannot be read is asked again later.
 */
#ifndef GATEWAY_JOURNAL_READ_AHEAD_H
#define GATEWAY_JOURNAL_READ_AHEAD_H

#include "gateway/journal/journal.h"

/* Something of it is on disk only: read_ahead_step looks at it. */
void read_ahead_need(struct journal *journal, struct table_index *index);

/* How much of it the pump wants in memory; UINT64_MAX: as usual. */
void read_ahead_want(
    struct journal *journal, struct table_index *index, uint64_t bytes);

void read_ahead_step(struct journal *journal);
void read_ahead_done(struct journal *journal, struct io_job *job);

#endif
