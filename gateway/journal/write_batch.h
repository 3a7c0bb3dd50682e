/*
 * write_batch - what the next commit will write, gathered.
 *
 * Records, acks and copies are staged in memory and go to disk with
 * one write and one sync (group_commit.h).
 *
 * In one commit records stand first, then copies, then acks.  A
 * record that a ack of this commit speaks of is not copied in it.
 *
 * Units	bytes, events.
 * Ownership	a staged record is the stage's until group_commit_records.
 */
#ifndef GATEWAY_JOURNAL_WRITE_BATCH_H
#define GATEWAY_JOURNAL_WRITE_BATCH_H

#include "gateway/journal/journal_state.h"

enum write_batch_answer {
	WRITE_BATCH_OK,
	WRITE_BATCH_COMMIT, /* does not fit this commit: commit, then again */
	WRITE_BATCH_WAIT, /* a segment is being made or compacted: try again later */
	WRITE_BATCH_FULL,   /* there is no room, and none is in sight */
	WRITE_BATCH_FAILED, /* no memory, or larger than any segment */
};

struct write_batch_item {
	struct record *record;
	struct segment_table *seg_table;
	struct record_ref *ref; /* NULL: the record stays on disk only */
	uint32_t ordinal;
	uint32_t at8;
	uint32_t events, bytes;
	uint16_t flags;
	struct segment_table *source; /* of a copy */
	uint32_t source_ordinal;
};

struct write_batch_ack {
	struct record_ref *ref;
	struct frame_range range;
};

struct write_batch {
	uint64_t number; /* number of this batch */
	uint64_t bytes;  /* of its frames */
	char *arena;
	size_t arena_len;
	struct iovec *iov; /* the first is for the segment's header */
	uint32_t iov_count, iov_room;
	struct write_batch_item *items;
	uint32_t item_count, item_room, copy_count, aux_count;
	struct write_batch_ack *acks;
	uint32_t ack_count, ack_room;
	struct frame_aborted *aborted; /* not yet durable */
	uint32_t aborted_count, aborted_room;
	bool probe;             /* commit, though there is nothing but those */
	struct record *records; /* fresh ones of the last commit */
	char head[SEGMENT_HEADER];
};

bool write_batch_init(struct journal *journal);
void write_batch_fini(struct journal *journal);

/* The open segment is full: its footer is due, as a job. */
void write_batch_seal(struct journal *journal);

bool write_batch_empty(const struct journal *journal);

/* Takes the record when WRITE_BATCH_OK. */
enum write_batch_answer write_batch_add_record(
    struct journal *journal, struct record *record);
enum write_batch_answer write_batch_add_ack(
    struct journal *journal, struct record_ref *ref, struct frame_range range);

/*
 * After a commit failed: makes a batch of the aborted tails alone, so that the
 * disk is tried although nobody sends anything.
 */
void write_batch_probe(struct journal *journal);

/*
 * A copy of a living record that is number `ordinal` of the segment of `from`;
 * `ref` is NULL when it is not in memory. Borrows the record until the commit.
 */
enum write_batch_answer write_batch_add_copy(struct journal *journal,
    struct record *record, struct segment_table *from, uint32_t ordinal,
    struct record_ref *ref);

/*
 * For group_commit.c: the next bytes to be written; and room for one more
 * aborted tail.
 */
void write_batch_add_iov(struct write_batch *batch, const char *at, size_t len);
bool write_batch_reserve_aborted(struct write_batch *batch);

#endif
