/*
 * log_summary - refusals for the log: the first at once, the others summed.
 *
 * A producer with a bug sends bad events all night.  The log shall say so when
 * it begins, and then once a minute how many there were, with where the last
 * one stood; not once an event.
 *
 * Units	instants.
 * Ownership	a plain value; zeroed is new.
 * Threads	one.
 * Errors	none.
 */
#ifndef GATEWAY_METRICS_LOG_SUMMARY_H
#define GATEWAY_METRICS_LOG_SUMMARY_H

#include "gateway/metrics/registry.h"
#include "gateway/base/clock.h"

struct log_summary {
	uint64_t told[REGISTRY_REASONS]; /* up to this count */
	int64_t last_ns[REGISTRY_REASONS];
	bool ever[REGISTRY_REASONS];
};

/* Looks at the accounts and logs what is due; `end`: the last chance. */
void log_summary_write(struct log_summary *summary, struct registry *registry,
    struct instant now, bool end);

#endif
