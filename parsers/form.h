/*
 * form - fields of a body of type application/x-www-form-urlencoded.
 *
 * Everything but letters, digits and "-._~" is written as %XX, the blank too:
 * every reader takes that, while '+' is read in two ways.
 *
 * Units	bytes.
 * Ownership	borrows; the buffer is the caller's, who wipes it where a
 *		field was a secret.
 * Threads	none inside.
 * Errors	the buffer's maximum, or no memory: false, and the buffer may
 *		hold a part of the field.
 */
#ifndef PARSERS_FORM_H
#define PARSERS_FORM_H

#include <stdbool.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

/* Appends name=value, and before it an '&' when something stands there. */
bool form_append(struct buffer *b, const char *name, struct span value);

#endif
