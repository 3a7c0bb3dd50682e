/*
 * stage - what the next commit will write, gathered.
 *
 * Records, settlements and copies are staged in memory and go to disk with
 * one write and one sync (commit.h).
 *
 * In one commit records stand first, then copies, then settlements.  A
 * record that a settlement of this commit speaks of is not copied in it.
 *
 * Units	bytes, events.
 * Ownership	a staged record is the stage's until commit_records.
 * Threads	none inside.
 * Errors	by value.
 */
#ifndef GATEWAY_SPOOL_STAGE_H
#define GATEWAY_SPOOL_STAGE_H

#include "gateway/spool/journal.h"

enum stage_answer {
	STAGE_OK,
	STAGE_COMMIT, /* does not fit this commit: commit, then again */
	STAGE_WAIT,   /* a segment is being made or cleaned: again later */
	STAGE_FULL,   /* there is no room, and none is in sight */
	STAGE_FAILED, /* no memory, or larger than any segment */
};

struct stage_item {
	struct record *record;
	struct holding *holding;
	struct place *place; /* NULL: the record stays on disk only */
	uint32_t ordinal;
	uint32_t at8;
	uint32_t events, bytes;
	uint16_t flags;
	struct holding *source; /* of a copy */
	uint32_t source_ordinal;
};

struct stage_settled {
	struct place *place;
	struct frame_range range;
};

struct stage {
	uint64_t batch; /* number of the commit being staged */
	uint64_t bytes; /* of frames staged */
	char *arena;
	size_t arena_len;
	struct iovec *parts; /* the first is for the segment's header */
	uint32_t part_count, part_room;
	struct stage_item *items;
	uint32_t item_count, item_room, copy_count, aux_count;
	struct stage_settled *settled;
	uint32_t settled_count, settled_room;
	struct frame_void *voids; /* not yet durable */
	uint32_t void_count, void_room;
	bool probe;             /* commit, though there is nothing but those */
	struct record *records; /* fresh ones of the last commit */
	char head[SEGMENT_HEADER];
};

bool stage_init(struct journal *journal);
void stage_fini(struct journal *journal);

/* The open segment is full: its footer is due, as a job. */
void stage_seal(struct journal *journal);

bool stage_empty(const struct journal *journal);

/* Takes the record when STAGE_OK. */
enum stage_answer stage_record(struct journal *journal, struct record *record);
enum stage_answer stage_settle(
    struct journal *journal, struct place *place, struct frame_range range);

/*
 * After a commit failed: stages a commit of what is void alone, so that the
 * disk is tried although nobody sends anything.
 */
void stage_probe(struct journal *journal);

/*
 * A copy of a living record that is number `ordinal` of the segment of
 * `from`; `place` is NULL when it is not in memory.  Borrows the record until
 * the commit.
 */
enum stage_answer stage_copy(struct journal *journal, struct record *record,
    struct holding *from, uint32_t ordinal, struct place *place);

/* For commit.c: the next bytes to be written; and room for one more void. */
void stage_add_part(struct stage *stage, const char *at, size_t len);
bool stage_reserve_void(struct stage *stage);

#endif
