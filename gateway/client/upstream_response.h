/*
 * upstream_response - an upstream's answer, as much of it as we care to know.
 *
 * A server may send headers and body without end, so both are counted and cut:
 * too long a head is no answer at all, too long a body is an answer whose rest
 * nobody reads.  Once the head is whole the status stands, whatever becomes of
 * the body: a 2xx whose body breaks off has still taken our events.
 *
 * Interim heads (1xx) are skipped, but count towards the limit, and headers
 * behind the body are no headers.
 *
 * Units	bytes, milliseconds; -1: not told.
 * Ownership	a plain value.
 * Threads	none inside.
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
	char text[UPSTREAM_RESPONSE_TEXT_MAX]; /* how the body begins */
};

void upstream_response_reset(struct upstream_response *reply);

/* A line of the head, with its line end; the empty one ends the head. */
bool upstream_response_head(
    struct upstream_response *reply, struct span line, int64_t wall_ms);
bool upstream_response_body(struct upstream_response *reply, struct span piece);

size_t upstream_response_text_len(const struct upstream_response *reply);

#endif
