/*
 * spool_health - how the spool's disk does.
 *
 * Units	as the names say.
 * Ownership	plain values; the spool is borrowed.
 * Threads	any.
 * Errors	none: a disk that fails is what this tells of.
 */
#ifndef GATEWAY_SPOOL_SPOOL_HEALTH_H
#define GATEWAY_SPOOL_SPOOL_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/histogram.h"

struct spool;

/* Zero without a directory. */
struct spool_health {
	bool failing;        /* the last commit failed */
	bool recovering;     /* what a start found is still being sorted out */
	uint64_t unverified; /* segments of it not yet checked */
	uint64_t recovered_records, recovered_events;
	uint64_t damaged_records, damaged_segments;
	uint64_t commits, failures, copied_records, segments;
};

struct spool_health spool_health(const struct spool *spool);

/* Adds how long each commit took, write and sync. */
void spool_commit_times(const struct spool *spool, struct histogram_view *view);

#endif
