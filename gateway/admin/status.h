/*
 * status - all that is known, as one JSON document.
 *
 * It is what the page shows and what `top` shows, and everything in it comes
 * from one reading of the accounts, so that its numbers fit each other.  It
 * holds no secret, and of events no more than their place.
 *
 * Units	in the names: _ms, _s, _bytes; times since 1970 end in at_ms.
 * Ownership	borrows; appends to the caller's buffer.
 * Threads	none inside.
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
	int64_t since_ms; /* older history is left away */
	const struct log_field *facts;
	const char *why_not; /* NULL: ready */
	int64_t wall_ms;
};

bool status_write(const struct status *status, struct buffer *out);

#endif
