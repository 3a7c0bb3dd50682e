/*
 * capacity - how much the log may hold, in segments and in bytes.
 *
 *	max_bytes
 *	|-- segments: in use, free, to be made ---------|- no segments -|
 *	|-- the limit: what may be appended -|kept back-|
 *
 * What is kept back is for copying forward (compaction.h): a log that is full of
 * what was appended could win nothing back.
 *
 * Units	bytes, segments.
 * Threads	the committer's; anyone reads the limit.
 * Errors	capacity_check: a text.
 */
#ifndef GATEWAY_JOURNAL_CAPACITY_H
#define GATEWAY_JOURNAL_CAPACITY_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/journal/journal_state.h"
#include "parsers/err.h"

#define CAPACITY_KEPT_BACK 2 /* segments, for copying forward */

/* Can a log of this size work? */
bool capacity_check(const struct journal_options *options, struct err *err);

/* At most so many segments, beside these bytes that were put aside. */
uint32_t capacity_segments(
    const struct journal_options *options, uint64_t quarantine_bytes);

/* What surely fits one segment. */
uint64_t capacity_of_segment(const struct journal_options *options);

/* Segments that can be used at once, and that may be made besides. */
uint32_t capacity_free(const struct journal *journal);
uint32_t capacity_creatable(const struct journal *journal);

/* Where the next commit goes when no segment is open. */
enum capacity_reopen {
	CAPACITY_NEW_SEGMENT,
	CAPACITY_REOPENS, /* the youngest is written on: see reopen.h */
	CAPACITY_REOPEN_FAILS,
};

enum capacity_reopen capacity_ask_reopen(const struct journal *journal);

/* Dead segments, from the oldest on, become free ones or are removed. */
void capacity_recycle(struct journal *journal);

/* Segments came or went: all may know the new limit. */
void capacity_publish_limit(struct journal *journal);

#endif
