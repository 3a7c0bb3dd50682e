/*
 * ndjson - the lines of a request's body, and the same body put in order.
 *
 * Both happen in one walk over one buffer.  The walker gives a line at a time;
 * what its owner keeps is moved together at the buffer's front as it goes:
 * lines joined by a line feed and ending in one, without carriage returns and
 * blank lines.  A body that is so already is not moved at all.
 *
 *	struct ndjson n;
 *	struct ndjson_line line;
 *
 *	ndjson_init(&n, body, len);
 *	while (ndjson_next(&n, &line))
 *		if (event_check(line.at, line.len, ...))
 *			ndjson_keep(&n, &line);
 *	... the first n.kept_bytes of the body are n.kept_lines events.
 *
 *	body              kept_bytes         line.at        at
 *	|---- kept ------------|...................|-- line --|--- to come ---
 *
 * Units	bytes; lines are counted from 1, blank ones included.
 * Ownership	borrows the buffer, which has room for one byte behind `len`:
 *		the last line may lack its line feed.
 * Threads	none inside.
 * Errors	none: every body has lines.
 */
#ifndef PARSERS_NDJSON_H
#define PARSERS_NDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ndjson_line {
	char *at;   /* valid until it is kept or the next one is asked for */
	size_t len; /* without line feed, and the carriage return before it */
	uint64_t number;
};

struct ndjson {
	size_t kept_bytes;
	uint32_t kept_lines;
	/* private */
	char *body, *at, *end;
	uint64_t number;
};

void ndjson_init(struct ndjson *n, char *body, size_t len);

/* The next line that is not blank; false at the end. */
bool ndjson_next(struct ndjson *n, struct ndjson_line *out);

/* Keeps the line given last.  Without this call it is left out. */
void ndjson_keep(struct ndjson *n, const struct ndjson_line *line);

/* Is it an array of events instead?  True if `[` is the first non-blank. */
bool ndjson_is_array(const char *body, size_t len);

#endif
