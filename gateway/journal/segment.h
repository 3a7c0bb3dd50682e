/*
 * segment - one file of the log, and what is known in memory about it.
 *
 *	0        64                  tail            size - trailer
 *	| header | frames ...        | free | footer | trailer |
 *
 * Files are written full of zeros once and then recycled, because a sync that
 * changes no length and no extent costs half.  A life of a segment has an
 * epoch: a counter in the upper half, which orders the log, and random bits in
 * the lower, so that bytes of a life that a power cut made forget are never
 * taken for those of a later one.
 *
 * Of each record there are two bits here and no more: is it dead (acked, or
 * copied forward), is it given (in memory, with the pump).  A list of records
 * with their offsets is in memory only until the footer holds it, and while
 * someone reads.
 *
 *	FREE --first frames--> OPEN --no room--> FULL --footer--> SEALED
 *	  ^                                                         |
 *	  +-----------------oldest, and nothing living--------------+
 *
 * Units	bytes; ordinals count events records of one life.
 * Ownership	segment_new gives, segment_free takes.
 * Errors	out of memory: false, nothing changed.
 */
#ifndef GATEWAY_JOURNAL_SEGMENT_H
#define GATEWAY_JOURNAL_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/journal/range_set.h"

#define SEGMENT_HEADER  64
#define SEGMENT_TRAILER 32
#define SEGMENT_NAME    32 /* "0000000000000001.seg" */

enum segment_state {
	SEGMENT_FREE,
	SEGMENT_OPEN,
	SEGMENT_FULL,
	SEGMENT_SEALED,
};

struct segment_table;
struct record_ref;

/* One record in the list of a footer.  at8 == 0: damaged, not to be had. */
struct segment_entry {
	uint32_t at8;    /* offset / 8 */
	uint16_t number; /* of its table in this segment */
	uint16_t flags;
	uint32_t events;
	uint32_t bytes; /* of the lines */
};

#define SEGMENT_NO_TABLE       UINT16_MAX /* numbers end below it */
#define SEGMENT_ENTRY_ACKED    1 /* a copy whose frame names acked parts */
#define SEGMENT_ENTRY_PRODUCER 8 /* shift of the length of its name */

/* A living record of which some events are acked. */
struct segment_acked_part {
	uint32_t ordinal;
	struct range_set acked;
};

struct segment {
	struct segment *next; /* in the list it is in */
	enum segment_state state;
	uint64_t id;
	uint64_t epoch;         /* 0: never used */
	uint64_t aborted_epoch; /* its last life that failed */
	uint64_t size;
	int file;
	bool broken;          /* a sync failed: not to be written any more */
	bool foreign_size;    /* of another size than is configured */
	bool uncompactable;   /* copying it forward did not end it */
	bool loading_entries; /* a job reads its list of records */
	bool
	    to_unlink; /* dead; removed when those that died before it are gone */
	uint32_t failed;    /* first commits that failed, one after another */
	bool zeroing;       /* a job clears what is behind its tail */
	bool aborted_tried; /* an aborted frame about it may be on disk */
	bool reopened;      /* written on after a start or a failed sync */
	bool loaded;        /* counts below are known */
	unsigned busy;      /* jobs that read it */
	uint64_t tail;      /* committed; the next frame begins here */
	uint64_t limit;     /* nothing from here on counts: a failed commit */
	uint32_t records, living;
	uint64_t living_bytes; /* cost of those */
	uint32_t bits_room;
	uint64_t *dead, *resident;
	struct segment_entry *entries;
	uint32_t entries_room;
	uint32_t *aux; /* offsets / 8 of frames of acks */
	uint32_t aux_count, aux_room;
	struct segment_table **tables;
	uint32_t table_count, table_room;
	struct segment_acked_part *acked;
	uint32_t acked_count, acked_room;
	struct record_ref *refs;
};

struct segment_head {
	uint64_t epoch;
	uint64_t size;
	uint64_t oldest; /* segments before this epoch are dead */
};

void segment_head_put(const struct segment_head *head, void *at);
bool segment_head_get(struct segment_head *head, const void *at);

void segment_name(char name[SEGMENT_NAME], uint64_t id);
bool segment_name_get(const char *name, uint64_t *id_out);

struct segment *segment_new(uint64_t id, uint64_t size, int file);
void segment_free(struct segment *segment); /* not the file */

/* Forgets what it held; the file, id and epoch stay. */
void segment_clear(struct segment *segment);

/* Room for bits of ordinals below `records`. */
bool segment_reserve(struct segment *segment, uint32_t records);

/* Room to add one of each below without fail. */
bool segment_reserve_entry(struct segment *segment, uint32_t more);
bool segment_reserve_aux(struct segment *segment, uint32_t more);

bool segment_is_dead(const struct segment *segment, uint32_t ordinal);
bool segment_is_resident(const struct segment *segment, uint32_t ordinal);
void segment_set_dead(struct segment *segment, uint32_t ordinal);
void segment_set_resident(
    struct segment *segment, uint32_t ordinal, bool resident);

/* NULL: nothing of it is acked. */
struct range_set *segment_acked(
    const struct segment *segment, uint32_t ordinal);
struct range_set *segment_acked_new(struct segment *segment, uint32_t ordinal);
bool segment_reserve_acked(struct segment *segment, uint32_t more);
void segment_acked_drop(struct segment *segment, uint32_t ordinal);

/* Applies an ack from the log; nothing happens if there is no such record. */
void segment_ack(struct segment *segment, const struct frame_ack *settlement);

/* Forgets the list of records; the footer has it. */
void segment_drop_entries(struct segment *segment);

#endif
