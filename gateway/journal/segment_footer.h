/*
 * segment_footer - what a segment holds, written behind its last frame.
 *
 *	... frames | footer frame | zeros or old bytes | trailer |
 *
 * With it a start need not read the records to know what there is, and the
 * records of one table can be read back without the others.  A segment
 * without one (the process ended before) is scanned instead: the footer is
 * never the only place where something stands.
 *
 *	body: tables, entries, aux (counts), then each in turn
 *	table: name length, name, accepted_ms, earliest_ms
 *
 * Units	bytes.
 * Ownership	segment_footer_put appends to the caller's buffer.
 * Errors	"there is no whole footer" is a value of segment_footer_read.
 */
#ifndef GATEWAY_JOURNAL_SEGMENT_FOOTER_H
#define GATEWAY_JOURNAL_SEGMENT_FOOTER_H

#include "gateway/journal/segment_contents.h"
#include "gateway/journal/scan.h"
#include "parsers/buffer.h"

/* At most how many bytes a footer and its trailer take. */
uint64_t segment_footer_room(uint64_t records, uint64_t aux, uint64_t tables);

/* The footer's frame, padded, for an open segment that is full. */
bool segment_footer_put(const struct segment *segment, struct buffer *out);

void segment_footer_trailer_put(void *at, uint64_t epoch, uint64_t footer_at);

enum segment_footer_answer {
	SEGMENT_FOOTER_READ,
	SEGMENT_FOOTER_NONE,
	SEGMENT_FOOTER_FAILED
};

/* Reads it, without the acks. SEGMENT_FOOTER_NONE leaves contents empty. */
enum segment_footer_answer segment_footer_read(struct scan *scan,
    uint64_t epoch, struct segment_contents *contents, struct err *err);

/*
 * Adds the acks: those in the frames of `aux`, and what copies say. False with
 * err->kind ERR_INPUT: a frame is damaged, scan the segment.
 */
bool segment_footer_read_acks(struct scan *scan, uint64_t epoch,
    struct segment_contents *contents, struct err *err);

#endif
