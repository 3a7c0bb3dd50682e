/*
 * ndjson - the lines of a request body, and the body rewritten without the
 * lines that are left out.
 *
 * One pass over one buffer does both.  ndjson_next gives one line at a time;
 * ndjson_keep moves it to the front of the buffer.  The result has lines that
 * all end in a line feed, without carriage returns and blank lines.  A body
 * that is like this already is not moved.
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
 *	|---- kept ------------|...................|-- line --|-- unread ----
 *
 * Units	lines are counted from 1, blank ones included.
 * Ownership	borrows the buffer, which must have room for one byte after
 *		`len`: the last line may lack its line feed.
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

/* Keeps the line that was given last; a line without this call is left out. */
void ndjson_keep(struct ndjson *n, const struct ndjson_line *line);

/* Is the body a JSON array instead: is its first non-blank byte a `[`? */
bool ndjson_is_array(const char *body, size_t len);

#endif
