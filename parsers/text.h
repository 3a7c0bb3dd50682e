/*
 * text - borrowed spans and owned buffers with a maximum.
 *
 * Every buffer is told at birth how large it may become, so that input never
 * decides how much memory we use.
 *
 * Units	bytes.
 * Ownership	a span borrows; a buffer owns until buffer_fini.
 * Threads	none inside.
 * Errors	growing past `max` or out of memory: false, nothing changed.
 */
#ifndef PARSERS_TEXT_H
#define PARSERS_TEXT_H

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
struct span span_take(
    struct span *rest, size_t len);   /* its first; steps over */
struct span span_line(struct span s); /* without the LF or CR LF at its end */

int text_hex(char c); /* -1: no hexadecimal digit */

/*
 *	at                 at + len              at + room
 *	|---- content -----|---- reserved -------|            (room <= max)
 *
 * The byte behind the content is always there and NUL once anything was
 * appended, so that `at` can be printed.
 */
struct buffer {
	char *at;
	size_t len, room, max;
};

void buffer_init(struct buffer *b, size_t max);
void buffer_fini(struct buffer *b);
void buffer_reset(struct buffer *b); /* empty; the memory stays */
bool buffer_reserve(struct buffer *b, size_t more);
bool buffer_append(struct buffer *b, const void *bytes, size_t len);
bool buffer_print(struct buffer *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
