/*
 * err - why something failed, in words and in kind.
 *
 * A kind exists only because some caller behaves differently for it; anything
 * finer belongs in the text.  The text is for a person reading a log: it never
 * holds a secret, and never the payload.
 *
 * The struct has no pointers, so reporting "out of memory" needs no memory.
 *
 * Units	`at` is a byte offset.
 * Ownership	a plain value.
 * Threads	none inside.
 * Errors	it is the error.
 */
#ifndef PARSERS_ERR_H
#define PARSERS_ERR_H

#include <stdbool.h>
#include <stddef.h>

enum err_kind {
	ERR_NONE = 0,
	ERR_INPUT, /* what we were given is wrong: do not retry     */
	ERR_LIMIT, /* right, but larger than we agreed to accept    */
	ERR_BUSY,  /* right, but not now: retry is expected to work */
	ERR_HOST,  /* our disk, memory or library let us down       */
};

struct err {
	enum err_kind kind;
	size_t at; /* byte offset into the input, else 0 */
	char text[400];
};

/* Fills *err and returns false, so a failing function ends in one line. */
bool err_set(struct err *err, enum err_kind kind, size_t at, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));

#endif
