/*
 * frame - one record on our own disk.
 *
 *	0     4     8      12    16     ...    72
 *	| crc |magic|length|kind | fields       | table | producer | ranges |
 *	| body ... | padding to 8 |
 *
 * The checksum covers everything behind itself up to the padding.  `epoch`
 * names the segment's present life: old bytes of a recycled segment have
 * another.  `ordinal` counts the events frames of a segment, so that a hole
 * does not shift the ones behind it.
 *
 * The magic holds bytes that no UTF-8 text has, and bodies of events are
 * UTF-8: the search for the next frame behind a damaged one cannot be misled by
 * what a producer wrote.
 *
 * Numbers are little-endian; a spool may be carried to another machine.
 *
 * Units	bytes; milliseconds since 1970.
 * Ownership	a frame that was read borrows the bytes it was read from.
 * Errors	"this is not a frame" is a value.
 */
#ifndef GATEWAY_JOURNAL_FRAME_H
#define GATEWAY_JOURNAL_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"

#define FRAME_HEADER 72
#define FRAME_ALIGN  8

enum frame_kind {
	FRAME_EVENTS = 1, /* body: lines of one table */
	FRAME_ACKS,       /* body: acks */
	FRAME_MOVED,      /* body: acks of what was copied forward */
	FRAME_ABORTED,    /* body: aborted tails */
	FRAME_FOOTER,     /* body: what the segment holds */
};

struct frame {
	enum frame_kind kind;
	uint32_t ordinal; /* of an events frame in its segment */
	uint32_t events;
	uint32_t range_count; /* parts that are acked already */
	uint64_t epoch;
	uint64_t sequence; /* stays when the record is copied forward */
	int64_t accepted_ms;
	int64_t earliest_ms;
	/* Where a copy was copied from; epoch 0: not a copy. */
	uint64_t source_epoch;
	uint32_t source_ordinal;
	struct span table;    /* at most 255 bytes */
	struct span producer; /* at most 255 bytes */
	struct span ranges;   /* range_count of frame_range_put */
	struct span body;
};

/* Part of a record: `count` events from number `from` on. */
struct frame_range {
	uint32_t from, count;
};

#define FRAME_RANGE    8
#define FRAME_ACK_SIZE 24
#define FRAME_WHOLE    UINT32_MAX /* count: everything of the record */

/*
 * These events of the record, counted from the first that it holds, need not be
 * kept any longer: delivered, dead-lettered or withdrawn.
 */
struct frame_ack {
	uint64_t epoch;
	uint32_t ordinal;
	struct frame_range range;
};

/*
 * Of the segment of this epoch nothing counts from offset `tail` on: a commit
 * that failed may have left bytes there.
 */
struct frame_aborted {
	uint64_t epoch;
	uint64_t tail;
};

#define FRAME_ABORTED_SIZE 16

/* Bytes before the body, and in all, padding included. */
size_t frame_head_size(const struct frame *frame);
size_t frame_size(const struct frame *frame);

/* Writes what stands before the body; the checksum covers the body too. */
void frame_head_put(const struct frame *frame, void *at);

/*
 * Reads the frame that begins at `at`.  False: these are not the bytes of a
 * whole, undamaged frame; *frame is untouched.
 */
bool frame_get(struct frame *frame, const void *at, size_t room);

/*
 * Could a frame begin here, by magic and epoch alone, and how long would it
 * be?  0: no.  Needs FRAME_HEADER bytes.
 */
size_t frame_peek(const void *at, uint64_t epoch);

/* The epoch that the header names, for finding out a segment's. */
uint64_t frame_peek_epoch(const void *at);

void frame_range_put(void *at, struct frame_range range);
struct frame_range frame_range_get(const void *at);
void frame_ack_put(void *at, const struct frame_ack *settlement);
struct frame_ack frame_ack_get(const void *at);

void frame_aborted_put(void *at, struct frame_aborted v);
struct frame_aborted frame_aborted_get(const void *at);

/* Numbers as the disk has them. */
void frame_put32(void *at, uint32_t value);
void frame_put64(void *at, uint64_t value);
uint32_t frame_get32(const void *at);
uint64_t frame_get64(const void *at);

#endif
