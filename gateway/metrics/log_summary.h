/*
 * log_summary - refusals for the log: the first at once, then a sum a minute.
 *
 * A producer with a bug sends bad events all night.  The log says so when it
 * begins, and then once a minute how many there were and where the last one
 * was; not once per event.  Zeroed is new.
 */
#ifndef GATEWAY_METRICS_LOG_SUMMARY_H
#define GATEWAY_METRICS_LOG_SUMMARY_H

#include "gateway/metrics/registry.h"
#include "gateway/base/clock.h"

struct log_summary {
	uint64_t logged[REGISTRY_REASONS]; /* up to this count */
	int64_t last_ns[REGISTRY_REASONS];
	bool ever[REGISTRY_REASONS];
};

/* Logs what is due; `end`: all that is left. */
void log_summary_write(struct log_summary *summary, struct registry *registry,
    struct instant now, bool end);

#endif
