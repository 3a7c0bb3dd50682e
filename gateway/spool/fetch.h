/*
 * fetch - records read back from disk for the pump.
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
#ifndef GATEWAY_SPOOL_FETCH_H
#define GATEWAY_SPOOL_FETCH_H

#include "gateway/spool/journal.h"

/* Something of it waits on disk: have it looked at. */
void fetch_hungry(struct journal *journal, struct shelf *shelf);

/* How much of it the pump wants in memory; UINT64_MAX: as usual. */
void fetch_want(struct journal *journal, struct shelf *shelf, uint64_t bytes);

void fetch_step(struct journal *journal);
void fetch_done(struct journal *journal, struct job *job);

#endif
