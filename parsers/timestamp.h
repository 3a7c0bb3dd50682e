/*
 * timestamp - an instant written as ISO 8601, as all of Polaris reads it.
 *
 * Upstream has three parsers of time (Joda behind each), which disagree in
 * places.  This one takes what all three read as the same instant, and a blank
 * in the place of the `T`, which Polaris documents; it refuses the rest, since
 * one row that upstream cannot read may cost its neighbours.
 *
 *	date	YYYY-MM-DD  YYYY-MM  YYYY-Www[-d]  YYYY-ddd
 *		(month, day and week may have one digit); or YYYY before a T
 *	rest	("T" | " ") [time] [offset]
 *	time	hh[:mm[:ss]], the last of them with a fraction of 1 to 9 digits
 *	offset	Z  +hh  +hh:mm  +hh:mm:ss  +hhmm  +hhmmss, seconds with fraction
 *
 * Letters may be small, a fraction may follow a comma, and no offset is UTC.
 * Fractions are cut to the millisecond, never rounded.
 *
 * Units	milliseconds since 1970-01-01T00:00:00Z.
 * Ownership	borrows the text for the call.
 * Threads	none inside.
 * Errors	not such a time: false, and the output is untouched.
 */
#ifndef PARSERS_TIMESTAMP_H
#define PARSERS_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No accepted time is longer: year, month, day, T, time, offset, fractions. */
#define TIMESTAMP_MAX 48

bool timestamp_parse(const char *text, size_t len, int64_t *ms_out);

/*
 * Nearly every producer writes YYYY-MM-DDThh:mm:ss[.f][offset].  Reads such a
 * time at the front of a longer text, without a branch a character; gives what
 * follows it, or NULL: read it the long way, whatever that will say.
 */
const char *timestamp_usual(const char *text, const char *end, int64_t *ms_out);

#endif
