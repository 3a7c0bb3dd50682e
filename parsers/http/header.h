/*
 * header - values of HTTP header fields that we act upon.
 *
 * What a peer says about waiting decides how long we wait, so nothing here
 * guesses: a value that is not exactly what its grammar allows, or that does
 * not fit, counts as absent.  A large one is returned as it stands: how much
 * of it is believed is the caller's decision.
 *
 * Units	milliseconds; wall time since 1970.
 * Ownership	borrows; spans point into the line.
 * Threads	none inside.
 * Errors	false, and nothing is set.
 * Source	RFC 9110 sections 5.6.7 and 10.2.3.
 */
#ifndef PARSERS_HTTP_HEADER_H
#define PARSERS_HTTP_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"

/* "Name: value", the value without blanks about it; false: no colon. */
bool http_header_split(
    struct span line, struct span *name_out, struct span *value_out);

/* Digits and nothing else; blanks at both ends are not part of a value. */
bool http_header_count(struct span value, uint64_t *out);

/* A count of seconds, as RateLimit-Reset has it. */
bool http_header_seconds(struct span value, int64_t *ms_out);

/* Seconds, or a date: a date that has passed is a wait of 0. */
bool http_header_retry_after(
    struct span value, int64_t wall_ms, int64_t *ms_out);

/*
 * All three forms of HTTP-date.  The obsolete one with a year of two digits
 * means the year within 50 of the time `wall_ms`.
 */
bool http_header_date(struct span value, int64_t wall_ms, int64_t *ms_out);

#endif
