/*
 * contents - what one segment turned out to hold, read from disk.
 *
 * Made by a scan of the whole segment (scan.h) or from its footer (footer.h);
 * whoever recovers, reads back or inspects need not know which.  It says what
 * stands there, not what of it still lives: that takes the settlements of all
 * younger segments as well.
 *
 * Units	bytes, events, milliseconds since 1970.
 * Ownership	owns its arrays until contents_fini.
 * Threads	none inside.
 * Errors	out of memory: false.
 */
#ifndef GATEWAY_SPOOL_CONTENTS_H
#define GATEWAY_SPOOL_CONTENTS_H

#include "gateway/spool/segment.h"
#include "gateway/table.h"

struct contents_table {
	char name[TABLE_NAME_MAX + 1];
	int64_t accepted_ms; /* of its first record */
	int64_t earliest_ms;
};

/* Bytes that should have been frames and are not. */
struct contents_damage {
	uint64_t at, len;
};

/* A copy, and what it is a copy of; known from its frame alone. */
struct contents_move {
	uint64_t source_epoch;
	uint32_t source_ordinal;
	uint32_t ordinal;
};

struct contents {
	struct segment_entry *entries; /* by ordinal */
	uint32_t records, entries_room;
	struct contents_table *tables;
	uint32_t table_count, tables_room;
	struct frame_settlement *settled;
	uint32_t settled_count, settled_room;
	struct contents_move *moves;
	uint32_t move_count, moves_room;
	struct frame_void *voids;
	uint32_t void_count, voids_room;
	struct contents_damage *damage;
	uint32_t damage_count, damage_room;
	uint32_t *aux; /* offsets / 8 of frames of settlements */
	uint32_t aux_count, aux_room;
	uint64_t tail; /* the end of the last frame */
	bool by_footer;
	/* name -> number */
	uint32_t *index;
	uint32_t index_room;
};

void contents_fini(struct contents *contents);

/* The number of the table; made when it is new.  SEGMENT_NO_TABLE: failed. */
uint16_t contents_table_number(struct contents *contents, struct span name);

bool contents_add_record(struct contents *contents, uint32_t ordinal,
    const struct segment_entry *entry);
bool contents_add_damage(struct contents *contents, uint64_t at, uint64_t len);
bool contents_add_aux(struct contents *contents, uint32_t at8);

/* Everything that a frame at offset `at` adds. */
bool contents_add_frame(
    struct contents *contents, const struct frame *frame, uint64_t at);

/* The parts of a copy that were settled before it was made. */
bool contents_add_parts(struct contents *contents, const struct frame *frame);

/*
 * The settlements or voids of a frame of those.  What FRAME_MOVED says counts
 * only with `durable`: from a commit that may be torn, the copies speak for
 * themselves, or a record would be lost whose copy did not reach the disk.
 */
bool contents_add_settlements(
    struct contents *contents, const struct frame *frame, bool durable);

#endif
