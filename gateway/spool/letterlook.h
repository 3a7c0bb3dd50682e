/*
 * letterlook - a look at a folder of dead letters: how many, and the newest.
 *
 * Reads all of them once, and keeps no more than was asked for and
 * LETTERLOOK_BYTES.  The folder may be in use.
 *
 * Units	letters, bytes.
 * Ownership	letterlook_read gives, letterlook_fini takes; zeroed is empty.
 * Threads	none inside.
 * Errors	the folder cannot be read, or no memory: false and a text.
 *		Lines that are no letters are counted, and the first is told.
 */
#ifndef GATEWAY_SPOOL_LETTERLOOK_H
#define GATEWAY_SPOOL_LETTERLOOK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "gateway/spool/letterbox.h"
#include "gateway/spool/lettercount.h"
#include "parsers/err.h"
#include "parsers/text.h"

#define LETTERLOOK_MOST  1000
#define LETTERLOOK_BYTES (4 << 20)

struct letterlook {
	struct lettercount count; /* of those that are meant; sorted */
	uint64_t damaged;
	char damage[160]; /* where the first is, and what is wrong */
	size_t foreign;   /* files that are not ours */
	bool whole;       /* false: it was stopped */
	/* private */
	struct buffer newest[LETTERLOOK_MOST]; /* a ring */
	size_t limit, first, shown, bytes;
};

/* `limit`: LETTERLOOK_MOST at most.  `stop` may be NULL. */
bool letterlook_read(struct letterlook *out, const char *directory,
    const struct letterbox_filter *meant, size_t limit, const atomic_bool *stop,
    struct err *err);

/* The line of the n-th newest, from 0; empty: there are no more to show. */
struct span letterlook_newest(const struct letterlook *look, size_t n);

void letterlook_fini(struct letterlook *look);

#endif
