/*
 * marks - which lines have been seen before?
 *
 * A set of 64-bit hashes for --detect-duplicates.  Two different lines with
 * one hash would be told as a duplicate: among a million lines, by chance
 * one run in thousands.
 *
 * Ownership	owns its memory until marks_fini; 16 bytes a line and more.
 * Threads	none inside.
 * Errors	out of memory: the line counts as new.
 */
#ifndef SIM_MARKS_H
#define SIM_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct marks {
	uint64_t *slots; /* 0 is free */
	size_t count, room;
};

bool marks_add(struct marks *m, uint64_t mark); /* false: was there already */
void marks_fini(struct marks *m);

#endif
