/*
 * history - the last fifteen minutes, second by second.
 *
 * Kept here and not in the browser, so that a person who opens the page after
 * an incident still sees it.
 *
 * Units	events, calls, bytes of one second; milliseconds.
 * Ownership	a plain value; zeroed is empty.
 */
#ifndef GATEWAY_METRICS_HISTORY_H
#define GATEWAY_METRICS_HISTORY_H

#include <stdint.h>

#include "gateway/base/histogram.h"

#define HISTORY_SECONDS 900

/* What has been counted so far. */
struct history_totals {
	int64_t wall_ms;
	uint64_t accepted, delivered, refused; /* events, events, requests */
	uint64_t calls, calls_limit;
	uint64_t waiting, spool_bytes;
	struct histogram_view ack, delivery;
};

/* What one second was like: rates are per second. */
struct history_second {
	int64_t wall_ms; /* its end */
	double in, out, refused, calls, calls_limit;
	double waiting, spool_bytes;
	double ack_p50_ms, ack_p99_ms, delivery_p50_ms, delivery_p99_ms;
};

struct history {
	struct history_second seconds[HISTORY_SECONDS];
	unsigned count, next;
	struct history_totals last;
};

void history_add(struct history *history, const struct history_totals *totals);

/* Those after `since_ms`, oldest first; how many. */
unsigned history_since(const struct history *history, int64_t since_ms,
    struct history_second out[HISTORY_SECONDS]);

#endif
