/*
 * query - a look at a folder of dead letters: how many, and the newest.
 *
 * Reads all of them once, and keeps no more than was asked for and
 * DEADLETTER_QUERY_BYTES.  The folder may be in use.
 *
 * Units	letters, bytes.
 * Ownership	deadletter_query_read gives, deadletter_query_fini takes; zeroed is empty.
 * Threads	none inside.
 * Errors	the folder cannot be read, or no memory: false and a text.
 *		Lines that are no letters are counted, and the first is told.
 */
#ifndef GATEWAY_DEADLETTER_QUERY_H
#define GATEWAY_DEADLETTER_QUERY_H

#include <stdatomic.h>
#include <stdbool.h>

#include "gateway/deadletter/reader.h"
#include "gateway/deadletter/counts.h"
#include "parsers/err.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

#define DEADLETTER_QUERY_MOST  1000
#define DEADLETTER_QUERY_BYTES (4 << 20)

struct deadletter_query {
	struct deadletter_counts count; /* of those that are meant; sorted */
	uint64_t damaged;
	char damage[160]; /* where the first is, and what is wrong */
	size_t foreign;   /* files that are not ours */
	bool whole;       /* false: it was stopped */
	/* private */
	struct buffer newest[DEADLETTER_QUERY_MOST]; /* a ring */
	size_t limit, first, shown, bytes;
};

/* `limit`: DEADLETTER_QUERY_MOST at most.  `stop` may be NULL. */
bool deadletter_query_read(struct deadletter_query *out, const char *directory,
    const struct deadletter_reader_filter *meant, size_t limit,
    const atomic_bool *stop, struct err *err);

/* The line of the n-th newest, from 0; empty: there are no more to show. */
struct span deadletter_query_newest(
    const struct deadletter_query *look, size_t n);

void deadletter_query_fini(struct deadletter_query *look);

#endif
