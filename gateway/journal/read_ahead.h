/*
 * read_ahead - records read back from disk for the pump.
 *
 * Memory holds a window of each table; the rest waits on disk.  When a
 * table's window runs low, its next records are read, from the oldest segment
 * that has some; tables that want something take turns.
 *
 * Units	bytes.
 * Errors	a record that cannot be read is counted as damaged; a disk
 *		that cannot be read is asked again later.
 */
#ifndef GATEWAY_JOURNAL_READ_AHEAD_H
#define GATEWAY_JOURNAL_READ_AHEAD_H

#include "gateway/journal/journal_state.h"

/* How much of it the pump wants in memory; UINT64_MAX: as usual. */
void read_ahead_want(
    struct journal *journal, struct table_index *index, uint64_t bytes);

void read_ahead_step(struct journal *journal);
void read_ahead_done(struct journal *journal, struct io_job *job);

#endif
