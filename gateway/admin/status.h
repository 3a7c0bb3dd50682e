/*
 * status - the state of the gateway as one JSON document: GET /status.
 *
 * The page and `top` show it.  All of it comes from one reading of the
 * registry, so that its numbers agree with each other.  It holds no secret, and
 * of an event no more than its place.
 *
 * Units	in the names: _ms, _s, _bytes; at_ms is since 1970.
 * Errors	false: the buffer's maximum, or no memory.
 */
#ifndef GATEWAY_ADMIN_STATUS_H
#define GATEWAY_ADMIN_STATUS_H

#include <stdbool.h>

#include "gateway/metrics/registry.h"
#include "gateway/base/log.h"
#include "parsers/buffer.h"

struct status {
	const struct registry_view *view;
	const struct history_second *history;
	unsigned history_count;
	int64_t since_ms; /* older history is omitted */
	const struct log_field *facts;
	const char *why_not; /* NULL: ready */
	int64_t wall_ms;
};

bool status_write(const struct status *status, struct buffer *out);

#endif
