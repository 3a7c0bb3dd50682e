/*
 * record_ref - where a record that is in memory stands on disk, now.
 *
 * The pump holds records; the log moves them when it copies forward what
 * lives.  Both meet here: a record points to its place, and the place is
 * changed when the copy is durable.  A record of which parts are acked comes
 * to the pump as several slices that share one place.
 *
 * Units	bytes, events.
 * Ownership	record_ref_new gives; record_ref_free takes.
 * Threads	the committer's alone; a record's pointer to it is opaque to
 *		all others.
 * Errors	out of memory: NULL.
 */
#ifndef GATEWAY_JOURNAL_RECORD_REF_H
#define GATEWAY_JOURNAL_RECORD_REF_H

#include <stdbool.h>
#include <stdint.h>

struct segment;
struct segment_table;
struct table_index;

struct record_ref {
	struct record_ref *prev, *next; /* of the same segment */
	struct segment *segment;
	struct segment_table *seg_table; /* NULL: dead */
	struct table_index *index;
	uint32_t ordinal;
	uint32_t events;
	uint32_t bytes;  /* of its lines */
	uint32_t cost;   /* what it takes of the log */
	uint16_t flags;  /* of its entry */
	uint32_t slices; /* records that point here */
	bool dead;       /* acked; freed with its last slice */
	uint64_t batch;  /* number of the last batch that acks some of it */
};

struct record_ref *record_ref_new(void);
void record_ref_link(struct record_ref *ref, struct segment *segment);
void record_ref_unlink(struct record_ref *ref);
void record_ref_free(
    struct record_ref *ref); /* unlinks it where it is linked */

#endif
