/*
 * table_index - what one table has in the spool, counted.
 *
 * A table_index has an entry (segment_table) in each segment with records of its table.  Counts
 * change where records come and go and are never derived: other threads read
 * the three atomic ones at any time.
 *
 *	table_index --first--> entry --next--> entry	older segments first
 *			    |                 |
 *			 segment           segment
 *
 * A table's table_index stands at the table's own index.  Records of tables that may
 * not be written to any more (the configuration changed) are `orphaned`: they
 * stay, are counted, and are read once the table is back.
 *
 * Units	events, bytes of lines, milliseconds since 1970.
 * Ownership	a table_index holds a reference of its table while something waits.
 *		Entries are freed with their segment.
 * Threads	the committer's; the atomic counts are read by any.
 * Errors	out of memory: NULL.
 */
#ifndef GATEWAY_JOURNAL_TABLE_INDEX_H
#define GATEWAY_JOURNAL_TABLE_INDEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/journal/segment.h"
#include "gateway/model/table.h"

struct record;
struct table_index;

/* What one table has in one segment. */
struct segment_table {
	struct segment *segment;
	struct table_index *
	    index; /* NULL: all of it is dead, the index is bound to another table */
	struct segment_table
	    *next;          /* of the same table, in a younger segment */
	uint16_t number;    /* among the segment's */
	uint32_t records;   /* living; of them */
	uint32_t on_disk;   /* not in memory, */
	uint32_t read_from; /* none of those below this ordinal */
	uint64_t events;    /* waiting, of living records */
	uint64_t bytes;
	int64_t accepted_ms; /* of its first record */
	int64_t earliest_ms; /* smallest __time */
};

struct table_index {
	struct table *table; /* a reference, while something waits */
	/* Of the table it was last bound to; 0: it is being bound. */
	atomic_uint_fast64_t serial;
	bool orphaned;
	bool wanted;  /* the pump said how much it wants */
	bool reading; /* a job reads for it */
	char name[TABLE_NAME_MAX + 1];
	atomic_uint_fast64_t records, events, bytes; /* waiting */
	_Atomic int64_t oldest_ms; /* INT64_MAX: nothing waits */
	/*
	 * Since this start; recovered + accepted = acked + what waits. See
	 * journal_state_begin_counts.
	 */
	atomic_uint_fast64_t recovered, accepted, acked; /* events */
	uint64_t on_disk;    /* records that wait and are not in memory */
	uint64_t resident;   /* memory of those that are, but for */
	uint64_t ahead;      /* those that did not wait for older ones */
	struct instant left; /* when the last record was released */
	uint64_t want;
	uint64_t not_admitted; /* last commit with a record that did not stay */
	struct segment_table *first, *last;
	struct table_index *
	    next; /* in the list of orphaned ones, or of those that need reading */
	bool needs_read;
};

/* Makes it the table's; nothing may wait for another table on it. */
void table_index_bind(struct table_index *index, struct table *table);

/* Lets go of the table when nothing waits. */
void table_index_unbind(struct table_index *index, struct instant now);

/* Takes it and gives it a number; false: no more numbers, or no memory. */
bool table_index_add_entry(
    struct segment *segment, struct segment_table *seg_table);

/* The table's entry in this segment, made when missing. */
struct segment_table *table_index_in_segment(
    struct table_index *index, struct segment *segment);

/*
 * One more record, or one less; `events` of it wait. An index without records
 * releases its table.
 */
void table_index_add(
    struct segment_table *seg_table, uint32_t events, uint32_t bytes);
void table_index_drop(struct segment_table *seg_table, uint32_t events,
    uint32_t bytes, struct instant now);

/* In which of the two the record's memory is counted. */
uint64_t *table_index_memory(
    struct table_index *index, const struct record *record);

/* For whoever sums up: why events came, and that they went. */
void table_index_count_recovered(struct table_index *index, uint32_t events);
void table_index_count_accepted(struct table_index *index, uint32_t events);
void table_index_count_acked(struct table_index *index, uint32_t events);

/* A part of a record was acked, not yet all. */
void table_index_ack_part(struct segment_table *seg_table, uint32_t events);

/* The record moved to a younger segment. */
void table_index_move(struct segment_table *from, struct segment_table *to,
    uint32_t events, uint32_t bytes);

/* It is not in memory (any more), or is. */
void table_index_set_on_disk(struct segment_table *seg_table, uint32_t ordinal);
void table_index_set_resident(struct segment_table *seg_table);

/* The segment is about to be forgotten. */
void table_index_forget(struct segment_table *seg_table);

#endif
