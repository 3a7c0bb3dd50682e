/*
 * lettercount - how many dead letters there are, by table and reason.
 *
 * Tables and reasons are bounded, for people edit files: past
 * LETTERCOUNT_GROUPS of them the rest is counted together, under "other".
 *
 * Units	letters, bytes of their lines, milliseconds since 1970.
 * Ownership	lettercount_fini frees; zeroed is empty.
 * Threads	none inside.
 * Errors	no memory: false, and the letter is counted in the sum alone.
 */
#ifndef GATEWAY_SPOOL_LETTERCOUNT_H
#define GATEWAY_SPOOL_LETTERCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/spool/letter.h"

#define LETTERCOUNT_GROUPS 1000
#define LETTERCOUNT_NAME   65 /* a longer name is cut */

struct lettercount_group {
	char table[LETTERCOUNT_NAME], reason[LETTERCOUNT_NAME];
	uint64_t count, bytes;
	int64_t oldest_ms, newest_ms;
};

struct lettercount {
	struct lettercount_group sum; /* of all; names are empty */
	struct lettercount_group *groups;
	size_t group_count, room;
	size_t last; /* where the letter before this one was counted */
};

/* `bytes`: of its line. */
bool lettercount_add(
    struct lettercount *count, const struct letter *letter, uint64_t bytes);

/* By table, then the largest number first. */
void lettercount_sort(struct lettercount *count);

void lettercount_fini(struct lettercount *count);

#endif
