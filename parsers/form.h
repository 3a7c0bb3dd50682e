/*
 * form - fields of a body of type application/x-www-form-urlencoded.
 *
 * Everything but letters, digits and "-._~" is written as %XX.  A blank is
 * written as %20, which every parser accepts; some do not accept '+'.
 *
 * Ownership	the caller overwrites the buffer if a field was a secret.
 * Errors	over the buffer's maximum, or out of memory: false, and the
 *		buffer may hold a part of the field.
 */
#ifndef PARSERS_FORM_H
#define PARSERS_FORM_H

#include <stdbool.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

/* Appends name=value, after an '&' unless the buffer is empty. */
bool form_append(struct buffer *b, const char *name, struct span value);

#endif
