/*
 * err - why something failed: a kind for the program and a text for people.
 *
 * A kind exists only if some caller behaves differently for it; finer
 * differences belong in the text.  The text goes to logs: it never holds a
 * secret and never the payload.
 *
 * The struct has no pointers, so reporting "out of memory" needs no memory.
 */
#ifndef PARSERS_ERR_H
#define PARSERS_ERR_H

#include <stdbool.h>
#include <stddef.h>

enum err_kind {
	ERR_NONE = 0,
	ERR_INPUT, /* the input is wrong: do not retry            */
	ERR_LIMIT, /* the input is right, but larger than allowed */
	ERR_BUSY,  /* not now: a retry is expected to work        */
	ERR_HOST,  /* our disk, memory or a library failed        */
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
