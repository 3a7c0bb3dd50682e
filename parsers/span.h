/*
 * span - a pointer and a length: bytes that belong to another owner.
 *
 * Input is passed as spans of the text that was read, so that nothing is
 * copied.  A span may hold any byte, and no NUL follows it.
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

/* Removes the first bytes from the rest and gives them. */
struct span span_take(struct span *rest, size_t len);

int span_hex_digit(char c); /* 0 to 15; -1: no hexadecimal digit */

#endif
