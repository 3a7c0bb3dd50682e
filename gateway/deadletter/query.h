/*
 * query - what a folder of dead letters holds: counts, and the newest letters.
 *
 * All files are read once.  In memory are only the newest letters that were
 * asked for, up to DEADLETTER_QUERY_BYTES, and a bounded number of counts: past
 * DEADLETTER_QUERY_GROUPS pairs of table and reason the rest is counted as
 * "other", because people may edit the files and invent names.  The folder may
 * be in use.
 *
 * Ownership	deadletter_query_read allocates, deadletter_query_fini frees; it
 *		is safe on zeroed memory.
 * Errors	the folder cannot be read, or no memory: false and a text.
 *		Lines that are not letters are counted; the first is described.
 */
#ifndef GATEWAY_DEADLETTER_QUERY_H
#define GATEWAY_DEADLETTER_QUERY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/deadletter/reader.h"
#include "parsers/err.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

#define DEADLETTER_QUERY_MOST   1000
#define DEADLETTER_QUERY_BYTES  (4 << 20)
#define DEADLETTER_QUERY_GROUPS 1000
#define DEADLETTER_QUERY_NAME   65 /* a longer name is cut */

/* The letters of one table with one reason. */
struct deadletter_query_group {
	char table[DEADLETTER_QUERY_NAME], reason[DEADLETTER_QUERY_NAME];
	uint64_t count, bytes; /* of their lines */
	int64_t oldest_ms, newest_ms;
};

struct deadletter_query_counts {
	struct deadletter_query_group sum; /* of all; its names are empty */
	/* By table, then the largest count first. */
	struct deadletter_query_group *groups;
	size_t group_count;
	/* private */
	uint32_t room;
	size_t last; /* the group of the letter before this one */
};

struct deadletter_query {
	struct deadletter_query_counts count; /* of letters that match */
	uint64_t damaged;
	char damage[160]; /* of the first: where it is, and what is wrong */
	size_t foreign;   /* files that are not ours */
	bool complete;    /* false: it was stopped */
	/* private */
	struct buffer newest[DEADLETTER_QUERY_MOST]; /* a ring */
	size_t limit, first, shown, bytes;
};

/* `limit`: of the newest letters, DEADLETTER_QUERY_MOST at most.  `stop` may
 * be NULL. */
bool deadletter_query_read(struct deadletter_query *out, const char *directory,
    const struct deadletter_reader_filter *filter, size_t limit,
    const atomic_bool *stop, struct err *err);

/* The line of the n-th newest, from 0; empty: there are no more. */
struct span deadletter_query_newest(
    const struct deadletter_query *query, size_t n);

void deadletter_query_fini(struct deadletter_query *query);

#endif
