/*
 * gzip - compresses a body, or decompresses one into a buffer of fixed size.
 *
 * The buffer's size is the limit on a body.  A body that expands beyond it is
 * refused as soon as the buffer is full, whatever length it claims.  Several
 * members one after the other are one body (RFC 1952); other bytes after a
 * member are malformed.
 *
 * Compressing makes one member, at the fastest level: the next levels take
 * twice the time and save few bytes.
 *
 * Neither direction allocates memory after _open.
 */
#ifndef PARSERS_GZIP_H
#define PARSERS_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"

enum gzip_answer {
	GZIP_DONE,
	GZIP_TOO_LARGE, /* longer than `room` */
	GZIP_MALFORMED, /* cut off, wrong checksum, or not gzip */
};

struct gzip_reader;
struct gzip_writer;

bool gzip_reader_open(struct gzip_reader **out, struct err *err);
void gzip_reader_close(struct gzip_reader **reader);

/* If not GZIP_DONE, the contents of `out` are undefined. */
enum gzip_answer gzip_unpack(struct gzip_reader *reader, const void *bytes,
    size_t len, void *out, size_t room, size_t *len_out);

bool gzip_writer_open(struct gzip_writer **out, struct err *err);
void gzip_writer_close(struct gzip_writer **writer);

/* Gives the length; 0: longer than `room`, and `out` is undefined. */
size_t gzip_pack(struct gzip_writer *writer, const void *bytes, size_t len,
    void *out, size_t room);

#endif
