/*
 * recovery_scan - which files are there at a start, and in what order they stand.
 *
 * Only headers are read, unless one is damaged.  What is not ours is left
 * alone; what is ours and makes no sense is put aside, counted, and its room
 * not used again.
 *
 * Units	bytes.
 * Ownership	the array of segments is the caller's; the segments are the
 *		journal's: in `used` what may hold something, in `free` what
 *		holds nothing.
 * Errors	the directory cannot be read, or no memory: false and a text.
 */
#ifndef GATEWAY_JOURNAL_RECOVERY_SCAN_H
#define GATEWAY_JOURNAL_RECOVERY_SCAN_H

#include "gateway/journal/journal_state.h"

/* Fills `found`, `used` and `free` of the journal. */
bool recovery_scan_run(struct journal *journal, struct err *err);

#endif
