/*
 * counts - how many dead letters there are, by table and reason.
 *
 * Tables and reasons are bounded, for people edit files: past
 * DEADLETTER_COUNTS_GROUPS of them the rest is counted together, under "other".
 *
 * Units	letters, bytes of their lines, milliseconds since 1970.
 * Ownership	deadletter_counts_fini frees; zeroed is empty.
 * Threads	none inside.
 * Errors	no memory: false, and the letter is counted in the sum alone.
 */
#ifndef GATEWAY_DEADLETTER_COUNTS_H
#define GATEWAY_DEADLETTER_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/deadletter/record.h"

#define DEADLETTER_COUNTS_GROUPS 1000
#define DEADLETTER_COUNTS_NAME   65 /* a longer name is cut */

struct deadletter_counts_group {
	char table[DEADLETTER_COUNTS_NAME], reason[DEADLETTER_COUNTS_NAME];
	uint64_t count, bytes;
	int64_t oldest_ms, newest_ms;
};

struct deadletter_counts {
	struct deadletter_counts_group sum; /* of all; names are empty */
	struct deadletter_counts_group *groups;
	size_t group_count, room;
	size_t last; /* where the letter before this one was counted */
};

/* `bytes`: of its line. */
bool deadletter_counts_add(struct deadletter_counts *count,
    const struct deadletter_record *letter, uint64_t bytes);

/* By table, then the largest number first. */
void deadletter_counts_sort(struct deadletter_counts *count);

void deadletter_counts_fini(struct deadletter_counts *count);

#endif
