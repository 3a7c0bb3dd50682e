/*
 * keep - the events themselves: the last ones in memory, all of them in a file.
 *
 * The memory is a ring of whole calls.  When it is full the oldest calls make
 * room; how many events were lost that way is told, because a comparison of
 * contents is worth nothing without it.
 *
 *	tail (oldest)                head (next)
 *	 |[call][call]........[call]  |
 *
 * Positions only grow; a call never straddles the ring's end, a gap before
 * the end is a record without a table.
 *
 * Units	bytes, events.
 * Ownership	owns ring and file until keep_fini.  Borrows the table names,
 *		which must live until keep_reset.
 * Threads	none inside.
 * Errors	keep_open tells; a file that cannot be written later is
 *		counted in `unwritten`.
 */
#ifndef SIM_KEEP_H
#define SIM_KEEP_H

#include <stdint.h>
#include <stdio.h>

#include "parsers/err.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

struct keep {
	char *ring;
	uint64_t room, head, tail;
	uint64_t events, lost_events;
	FILE *record;
	uint64_t unwritten;
};

/* path: NULL for no file.  A line of it is TABLE, a tab, the event. */
bool keep_open(
    struct keep *k, uint64_t room, const char *path, struct err *err);
void keep_fini(struct keep *k);
void keep_reset(struct keep *k); /* the ring; the file only grows */

void keep_add(
    struct keep *k, const char *table, struct span lines, uint64_t events);

/* Appends the lines of a table, or of all (NULL), oldest first. */
bool keep_print(const struct keep *k, const char *table, struct buffer *out);

void keep_flush(struct keep *k);

#endif
