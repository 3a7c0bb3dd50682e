/*
 * base64 - bytes as text, RFC 4648 section 4, with padding.
 *
 * Units	bytes.
 * Ownership	borrows; the buffer is the caller's.
 * Threads	none inside.
 * Errors	the buffer's maximum, or no memory: false, nothing changed.
 */
#ifndef PARSERS_BASE64_H
#define PARSERS_BASE64_H

#include <stdbool.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

bool base64_append(struct buffer *b, struct span bytes);

/*
 * The bytes, fewer than the text has, to `out`, which may be the text's own
 * place.  False: not such text, to the letter; then `out` holds anything.
 */
bool base64_decode(struct span text, char *out, size_t *len_out);

#endif
