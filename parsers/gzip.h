/*
 * gzip - a body unpacked into a buffer that it may not outgrow, or packed.
 *
 * The buffer's size is the limit on a body, so a bomb is refused as soon as it
 * has filled it: some microseconds, whatever it claims to become.  Several
 * members one after the other are one body, as RFC 1952 has it; anything else
 * behind a member is not.
 *
 * What is packed is one member, made as fast as there is: against the next
 * levels a few more bytes buy half of the time.
 *
 * Units	bytes.
 * Ownership	_open gives, _close takes.  Neither packing nor unpacking
 *		takes memory.
 * Threads	one at a time: each worker has its own reader.
 * Errors	a refusal is a value; out of memory at the start: false.
 */
#ifndef PARSERS_GZIP_H
#define PARSERS_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"

enum gzip_answer {
	GZIP_DONE,
	GZIP_TOO_LARGE, /* it does not fit `room` */
	GZIP_MALFORMED, /* cut short, bad checksum, or not gzip at all */
};

struct gzip_reader;
struct gzip_writer;

bool gzip_reader_open(struct gzip_reader **out, struct err *err);
void gzip_reader_close(struct gzip_reader **reader);

/* When it is not GZIP_DONE, `out` holds anything. */
enum gzip_answer gzip_unpack(struct gzip_reader *reader, const void *bytes,
    size_t len, void *out, size_t room, size_t *len_out);

bool gzip_writer_open(struct gzip_writer **out, struct err *err);
void gzip_writer_close(struct gzip_writer **writer);

/* How long it became; 0: longer than `room`, and `out` holds anything. */
size_t gzip_pack(struct gzip_writer *writer, const void *bytes, size_t len,
    void *out, size_t room);

#endif
