/*
 * zip - the one door to zlib: gzip bodies inflated, lines digested.
 *
 * zlib and not libdeflate, because the gateway uses that one.
 *
 * Ownership	the caller owns `out`, whose `max` is the limit.
 * Threads	none inside.
 * Errors	ERR_LIMIT when it would be larger, ERR_INPUT when it is not
 *		one complete gzip member and nothing else.
 */
#ifndef SIM_ZIP_H
#define SIM_ZIP_H

#include <stdint.h>

#include "parsers/err.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

bool zip_inflate(struct span in, struct buffer *out, struct err *err);

/* adler32 << 32 | crc32 of the bytes. */
uint64_t zip_mark(struct span bytes);

#endif
