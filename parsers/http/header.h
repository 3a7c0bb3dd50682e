/*
 * header - the values of HTTP header fields that we act upon.
 *
 * The wait times that an upstream asks for come from here, so nothing is
 * guessed: a value that does not match its grammar exactly, or does not fit,
 * counts as absent.  A large value is returned unchanged; the caller limits
 * it.
 *
 * Units	`wall_ms` and dates are milliseconds since 1970.
 * Ownership	spans point into the line.
 * Errors	false, and nothing is set.
 * Source	RFC 9110 sections 5.6.7 and 10.2.3.
 */
#ifndef PARSERS_HTTP_HEADER_H
#define PARSERS_HTTP_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"

/* "Name: value", without the blanks around the value; false: no colon. */
bool http_header_split(
    struct span line, struct span *name_out, struct span *value_out);

/* Digits only; blanks at both ends are ignored. */
bool http_header_count(struct span value, uint64_t *out);

/* A number of seconds, as in RateLimit-Reset. */
bool http_header_seconds(struct span value, int64_t *ms_out);

/* Seconds, or a date; a date in the past gives 0. */
bool http_header_retry_after(
    struct span value, int64_t wall_ms, int64_t *ms_out);

/*
 * All three forms of HTTP-date.  In the obsolete form with two digits the year
 * is the one that is within 50 years of `wall_ms`.
 */
bool http_header_date(struct span value, int64_t wall_ms, int64_t *ms_out);

#endif
