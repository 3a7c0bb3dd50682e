/*
 * doc - one JSON value: is it one, and what is in it?
 *
 * Reads the orders, and with --strict every event.  Written for this program
 * alone: were it the gateway's validator, both would agree on its mistakes.
 *
 * Ownership	spans borrow the text that was given.
 * Threads	none inside.
 * Errors	false; nothing more is told, but doc_whole's place.
 */
#ifndef SIM_DOC_H
#define SIM_DOC_H

#include <stdint.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

#define DOC_DEPTH_MAX 64

/* Is it exactly one value by RFC 8259, in valid UTF-8?  Blanks around it are
 * allowed.  The value without them is given. */
bool doc_whole(struct span text, struct span *value_out);

/* The members of a checked object, or the elements of a checked array. */
struct doc_walk {
	const char *at, *end;
	bool named;
};

bool doc_walk(struct doc_walk *w, struct span value);
bool doc_next(struct doc_walk *w, struct span *name, struct span *value);

/* What a checked value means; false if it is of another kind. */
bool doc_string(struct span value, struct buffer *out);
bool doc_number(struct span value, int64_t *out); /* whole numbers only */

#endif
