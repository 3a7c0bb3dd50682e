/*
 * inflate - a gzip body, unpacked into a buffer that it may not outgrow.
 *
 * The buffer's size is the limit on a body, so a bomb is refused as soon as it
 * has filled it: some microseconds, whatever it claims to become.  Several
 * members one after the other are one body, as RFC 1952 has it; anything else
 * behind a member is not.
 *
 * Units	bytes.
 * Ownership	inflate_open gives, inflate_close takes.
 * Threads	one at a time: each worker has its own.
 * Errors	a refusal is a value; out of memory at the start: false.
 */
#ifndef PARSERS_INFLATE_H
#define PARSERS_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"

enum inflate_answer {
	INFLATE_DONE,
	INFLATE_TOO_LARGE, /* it does not fit `room` */
	INFLATE_MALFORMED, /* cut short, bad checksum, or not gzip at all */
};

struct inflate;

bool inflate_open(struct inflate **out, struct err *err);
void inflate_close(struct inflate **inflate);

/* When it is not INFLATE_DONE, `out` holds anything. */
enum inflate_answer inflate_gzip(struct inflate *inflate, const void *bytes,
    size_t len, void *out, size_t room, size_t *len_out);

#endif
