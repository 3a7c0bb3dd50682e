/*
 * unit - counts, sizes and durations, as operators write them.
 *
 *	count	60			digits alone
 *	bytes	1MB 64KiB 4096		KB MB GB: powers of 1000,
 *					KiB MiB GiB: powers of 1024, none: bytes
 *	time	500ms 25s 10m 7d	ms s m h d; only 0 needs no unit
 *
 * Reading is strict: no sign, blank, fraction, leading zero or overflow.
 * Printing uses the largest unit that divides the value, so that reading the
 * printed text gives the same value.
 *
 * Units	bytes; milliseconds, at most 4,000,000 days.
 * Errors	ERR_INPUT with what is allowed.  The text that was given is not
 *		repeated: it may be a secret in the wrong place.
 */
#ifndef PARSERS_UNIT_H
#define PARSERS_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/err.h"

#define UNIT_TEXT_MAX 24 /* 20 digits, 3 letters, NUL */
#define UNIT_MS_MAX   (UINT64_C(4000000) * 24 * 3600 * 1000)

enum unit {
	UNIT_COUNT,
	UNIT_BYTES,
	UNIT_TIME,
};

bool unit_parse(
    enum unit unit, const char *text, uint64_t *value_out, struct err *err);

/* Fills `text`, which unit_parse reads back as `value`. */
void unit_print(enum unit unit, uint64_t value, char text[UNIT_TEXT_MAX]);

#endif
