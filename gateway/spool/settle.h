/*
 * settle - what changes in memory once a commit is durable.
 *
 * Also the place where a record's end is decided: it is dead when all of its
 * events are settled, and the last dead record of the oldest segment frees it.
 *
 * Units	events.
 * Ownership	settle_release takes the record.
 * Threads	none inside.
 * Errors	none: what could fail was reserved while staging.
 */
#ifndef GATEWAY_SPOOL_SETTLE_H
#define GATEWAY_SPOOL_SETTLE_H

#include "gateway/spool/stage.h"

void settle_record(struct journal *journal, struct stage_item *item);
void settle_copy(struct journal *journal, struct stage_item *item);
void settle_part(
    struct journal *journal, struct place *place, struct frame_range range);

/* The record can not be read: it counts no more. */
void settle_lost(struct journal *journal, struct holding *holding,
    uint32_t ordinal, const struct segment_entry *entry);

/*
 * The pump is done with it: its memory is free.  What of it is not settled
 * stays on disk and will be read again.
 */
void settle_release(struct journal *journal, struct record *record);

#endif
