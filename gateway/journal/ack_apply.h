/*
 * ack_apply - what changes in memory once a commit is durable.
 *
 * Also the place where a record's end is decided: it is dead when all of its
 * events are acked, and the last dead record of the oldest segment frees it.
 *
 * Units	events.
 * Ownership	ack_release takes the record.
 * Errors	none: what could fail was reserved while staging.
 */
#ifndef GATEWAY_JOURNAL_ACK_APPLY_H
#define GATEWAY_JOURNAL_ACK_APPLY_H

#include "gateway/journal/write_batch.h"

void ack_record(struct journal *journal, struct write_batch_item *item);
void ack_copy(struct journal *journal, struct write_batch_item *item);
void ack_part(
    struct journal *journal, struct record_ref *ref, struct frame_range range);

/* The record can not be read: it counts no more. */
void ack_lost(struct journal *journal, struct segment_table *seg_table,
    uint32_t ordinal, const struct segment_entry *entry);

/*
 * The pump is done with it: frees its memory. What of it is not acked stays on
 * disk and will be read again.
 */
void ack_release(struct journal *journal, struct record *record);

#endif
