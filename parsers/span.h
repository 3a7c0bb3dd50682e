/*
 * span - bytes that belong to somebody else: where they begin, and how many.
 *
 * Input is passed around as spans of the text that was read, so that nothing
 * is copied.  A span may hold any byte; no NUL stands behind it.
 */
#ifndef PARSERS_SPAN_H
#define PARSERS_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *at;
	size_t len;
};

#define SPAN(literal) ((struct span){ (literal), sizeof(literal) - 1 })

struct span span_of(const char *text); /* NULL gives the empty span */
bool span_equal(struct span a, struct span b);
bool span_equal_nocase(struct span a, struct span b); /* ASCII letters only */
struct span span_trim(struct span s); /* without blanks and tabs at both ends */
struct span span_line(struct span s); /* without the LF or CR LF at its end */

/* The first bytes of the rest, and removes them from it. */
struct span span_take(struct span *rest, size_t len);

int span_hex_digit(char c); /* its value; -1: no hexadecimal digit */

#endif
