/*
 * timestamp - an instant written as ISO 8601, in the forms that Polaris
 * accepts.
 *
 * Upstream parses times in three places (all use Joda), which disagree in some
 * cases.  This parser accepts what all three read as the same instant, and a
 * blank in place of the `T`, which Polaris documents.  It refuses everything
 * else: one row that upstream cannot read may make it drop other rows too.
 *
 *	date	YYYY-MM-DD  YYYY-MM  YYYY-Www[-d]  YYYY-ddd
 *		(month, day and week may have one digit); or YYYY before a T
 *	rest	("T" | " ") [time] [offset]
 *	time	hh[:mm[:ss]], the last of them with a fraction of 1 to 9 digits
 *	offset	Z  +hh  +hh:mm  +hh:mm:ss  +hhmm  +hhmmss, seconds with fraction
 *
 * Letters may be lower case, a comma may begin a fraction, and no offset is
 * UTC. Fractions are cut to the millisecond, never rounded.
 *
 * Units	milliseconds since 1970-01-01T00:00:00Z.
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
 * The fast path for YYYY-MM-DDThh:mm:ss[.f][offset], the form that nearly every
 * producer writes, at the front of a longer text.  Gives what follows the time;
 * NULL: not this form, and only timestamp_parse can say whether it is a time.
 */
const char *timestamp_usual(const char *text, const char *end, int64_t *ms_out);

#endif
