/*
 * segment_contents - what one segment turned out to hold, read from disk.
 *
 * Made by a scan of the whole segment (scan.h) or from its footer
 * (segment_footer.h); the code that recovers, reads back or inspects need not
 * know which.  It says what stands there, not what of it still lives: that
 * takes the acks of all younger segments as well.
 *
 * Units	bytes, events, milliseconds since 1970.
 * Ownership	owns its arrays until segment_contents_fini.
 * Errors	out of memory: false.
 */
#ifndef GATEWAY_JOURNAL_SEGMENT_CONTENTS_H
#define GATEWAY_JOURNAL_SEGMENT_CONTENTS_H

#include "gateway/journal/segment.h"
#include "gateway/model/table.h"

struct segment_contents_table {
	char name[TABLE_NAME_MAX + 1];
	int64_t accepted_ms; /* of its first record */
	int64_t earliest_ms;
};

/* Bytes that should have been frames and are not. */
struct segment_contents_damage {
	uint64_t at, len;
};

/* A copy, and what it is a copy of; known from its frame alone. */
struct segment_contents_move {
	uint64_t source_epoch;
	uint32_t source_ordinal;
	uint32_t ordinal;
};

struct segment_contents {
	struct segment_entry *entries; /* by ordinal */
	uint32_t records, entries_room;
	struct segment_contents_table *tables;
	uint32_t table_count, tables_room;
	struct frame_ack *acks;
	uint32_t ack_count, ack_room;
	struct segment_contents_move *moves;
	uint32_t move_count, moves_room;
	struct frame_aborted *aborted;
	uint32_t aborted_count, aborted_room;
	struct segment_contents_damage *damage;
	uint32_t damage_count, damage_room;
	uint32_t *aux; /* offsets / 8 of frames of acks */
	uint32_t aux_count, aux_room;
	uint64_t tail; /* the end of the last frame */
	bool by_footer;
	/* name -> number */
	uint32_t *index;
	uint32_t index_room;
};

void segment_contents_fini(struct segment_contents *contents);

/* The number of the table; made when it is new.  SEGMENT_NO_TABLE: failed. */
uint16_t segment_contents_table_number(
    struct segment_contents *contents, struct span name);

bool segment_contents_add_record(struct segment_contents *contents,
    uint32_t ordinal, const struct segment_entry *entry);
bool segment_contents_add_damage(
    struct segment_contents *contents, uint64_t at, uint64_t len);
bool segment_contents_add_aux(struct segment_contents *contents, uint32_t at8);

/* Everything that a frame at offset `at` adds. */
bool segment_contents_add_frame(
    struct segment_contents *contents, const struct frame *frame, uint64_t at);

/* The parts of a copy that were acked before it was made. */
bool segment_contents_add_parts(
    struct segment_contents *contents, const struct frame *frame);

/*
 * The acks or aborted tails of such a frame. A FRAME_MOVED counts only with
 * `durable`: the commit may be torn, and then only the copies that did reach
 * the disk make their sources dead.
 */
bool segment_contents_add_acks(
    struct segment_contents *contents, const struct frame *frame, bool durable);

#endif
