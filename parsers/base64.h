/*
 * base64 - bytes written as text: RFC 4648 section 4, with padding.
 */
#ifndef PARSERS_BASE64_H
#define PARSERS_BASE64_H

#include <stdbool.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

/* False: over the buffer's maximum, or out of memory; nothing changed. */
bool base64_append(struct buffer *b, struct span bytes);

/*
 * `out` needs 3 bytes for 4 of the text, and may be the text itself.  False:
 * not valid or not canonical (unused bits that are not 0); `out` is then
 * undefined.
 */
bool base64_decode(struct span text, char *out, size_t *len_out);

#endif
