/*
 * buffer - a byte array of our own that grows, up to a maximum.
 *
 * The maximum is fixed when the buffer is initialized, so that input cannot
 * decide how much memory is used.
 *
 *	at                 at + len              at + room
 *	|---- content -----|---- reserved -------|            (room <= max)
 *
 * After the first append a NUL follows the content, so that `at` can be
 * printed.
 *
 * Errors	over the maximum, or out of memory: false, and nothing changed.
 */
#ifndef PARSERS_BUFFER_H
#define PARSERS_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

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
