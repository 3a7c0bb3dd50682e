/*
 * upstream_response - the part of an upstream's response that we use.
 *
 * A server may send headers and body without end, so both are counted: too long
 * a head is no response at all; of too long a body the rest is not read.  Once
 * the head is whole the status counts, whatever happens to the body: a 2xx
 * whose body breaks off has still taken our events.
 *
 * Interim heads (1xx) are skipped but count towards the limit.  Trailers are
 * ignored.
 *
 * Units	bytes, milliseconds; -1: the header was not there.
 * Errors	false: stop reading.
 */
#ifndef GATEWAY_CLIENT_UPSTREAM_RESPONSE_H
#define GATEWAY_CLIENT_UPSTREAM_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/span.h"

#define UPSTREAM_RESPONSE_HEAD_MAX 32768
#define UPSTREAM_RESPONSE_BODY_MAX 65536
#define UPSTREAM_RESPONSE_TEXT_MAX 500

struct upstream_response {
	bool whole; /* the head of a final answer was read to its end */
	unsigned status;
	int64_t retry_after_ms;
	int64_t reset_ms;
	int64_t remaining;
	int64_t date_ms;
	size_t head_bytes;
	size_t body_bytes;
	char text[UPSTREAM_RESPONSE_TEXT_MAX]; /* the body's beginning */
};

void upstream_response_reset(struct upstream_response *response);

/* A line of the head with its line end; the empty one ends the head. */
bool upstream_response_head(
    struct upstream_response *response, struct span line, int64_t wall_ms);
bool upstream_response_body(
    struct upstream_response *response, struct span piece);

size_t upstream_response_text_len(const struct upstream_response *response);

#endif
