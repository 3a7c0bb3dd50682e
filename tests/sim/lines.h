/*
 * lines - what stands in a body of newline-delimited JSON.
 *
 * Always looked at: an object's braces at both ends of each line, no blank
 * line, no CR, a newline at the end.  With `strict`, that each line is JSON
 * and has one top-level "__time" that is a string.
 *
 * The digest is the sum modulo 2^64 of (adler32 << 32 | crc32) over all
 * lines, without their newlines: it does not depend on order or batching,
 * and any language with a zlib can compute it.
 *
 * Ownership	borrows.
 * Threads	none inside.
 * Errors	none: what is wrong is counted as a violation.
 */
#ifndef SIM_LINES_H
#define SIM_LINES_H

#include "tests/sim/marks.h"
#include "tests/sim/violation.h"
#include "parsers/span.h"

struct lines {
	uint64_t events;
	uint64_t digest;
};

/*
 * Looks without counting duplicates, for a call may yet be refused.
 * `where` names the table in a sample.
 */
struct lines lines_read(struct span body, bool strict, const char *where,
    struct violations *violations);

/* How many lines were seen before; those that were not now are. */
uint64_t lines_mark_all(struct span body, struct marks *seen);

#endif
