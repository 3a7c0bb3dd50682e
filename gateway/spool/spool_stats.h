/*
 * spool_stats - what waits in the spool, what came and went, and how its disk
 * does; all of it for any thread.
 *
 * Apart from spool.h, since who counts neither appends nor takes.  Units are
 * records, events, bytes of lines; times are milliseconds since 1970.
 */
#ifndef GATEWAY_SPOOL_SPOOL_STATS_H
#define GATEWAY_SPOOL_SPOOL_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/histogram.h"

struct spool;
struct table;

/* What waits of one table. */
struct spool_waiting {
	uint64_t records, events, bytes;
	int64_t oldest_ms; /* INT64_MAX: nothing waits */
};

struct spool_waiting spool_waiting(
    const struct spool *spool, const struct table *table);

/*
 * Why events of a table are there, and that others are not any more, since
 * this start; all as of one moment, at which
 *
 *	recovered + accepted = acked + waiting
 *
 * An event counts as acked once its ack is committed.
 */
struct spool_counts {
	uint64_t serial; /* of the table that they are of */
	uint64_t recovered, accepted, acked, waiting, bytes;
	int64_t oldest_ms; /* at the latest; INT64_MAX: nothing waits */
};

/* By the table's index.  False: ask again; or in memory alone. */
bool spool_counts(
    const struct spool *spool, size_t index, struct spool_counts *out);

/* Zero without a directory. */
struct spool_health {
	bool failing;        /* the last commit failed */
	bool recovering;     /* what a start found is not all loaded yet */
	uint64_t unverified; /* segments of it not yet checked */
	uint64_t recovered_records, recovered_events;
	uint64_t damaged_records, damaged_segments;
	uint64_t commits, failures, copied_records, segments;
};

struct spool_health spool_health(const struct spool *spool);

/* Adds how long each commit took, write and sync. */
void spool_commit_times(const struct spool *spool, struct histogram_view *view);

#endif
