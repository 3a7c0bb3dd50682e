/*
 * room - how much the log may hold, in segments and in bytes.
 *
 *	max_bytes
 *	|-- segments: in use, free, to be made ---------|- no segments -|
 *	|-- the limit: what may be appended -|kept back-|
 *
 * What is kept back is for copying forward (clean.h): a log that is full of
 * what was appended could win nothing back.
 *
 * Units	bytes, segments.
 * Ownership	borrows all.
 * Threads	the committer's; anyone reads the limit.
 * Errors	room_check: a text.
 */
#ifndef GATEWAY_SPOOL_ROOM_H
#define GATEWAY_SPOOL_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/spool/journal.h"
#include "parsers/err.h"

#define ROOM_KEPT_BACK 2 /* segments, for copying forward */

/* Can a log of this size work? */
bool room_check(const struct journal_options *options, struct err *err);

/* At most so many segments, beside these bytes that were put aside. */
uint32_t room_segments(
    const struct journal_options *options, uint64_t aside_bytes);

/* What surely fits one segment. */
uint64_t room_of_segment(const struct journal_options *options);

/* Segments that can be used at once, and that may be made besides. */
uint32_t room_free(const struct journal *journal);
uint32_t room_creatable(const struct journal *journal);

/* Segments came or went: all may know the new limit. */
void room_tell_limit(struct journal *journal);

#endif
