/*
 * cost - what a record takes of the log, whatever becomes of it.
 *
 * Its frame, and its share of what is written for its sake: the footer's line,
 * its ack.  Admission counts in this, so that what was admitted has
 * room to be acked as well.
 *
 * Units	bytes.
 * Threads	any.
 */
#ifndef GATEWAY_JOURNAL_COST_H
#define GATEWAY_JOURNAL_COST_H

#include <stdint.h>

struct record;
struct segment_table;
struct segment_entry;

#define COST_EXTRA 56 /* footer entry, ack, its share of frames */

uint64_t cost_of_record(const struct record *record);
uint64_t cost_of_entry(
    const struct segment_table *seg_table, const struct segment_entry *entry);

#endif
