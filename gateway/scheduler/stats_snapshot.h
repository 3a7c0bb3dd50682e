/*
 * stats_snapshot - fills in the scheduler's part of the statistics.
 *
 * What happens is counted as it happens, a few additions a call.  States are
 * measured when somebody asks.  In memory alone, what waits is counted by going
 * through every lane.  A spool on disk counts it itself, also what is in no
 * lane; from that we subtract what has left since, which the spool may not know
 * yet.
 *
 * Ownership	borrows all.
 */
#ifndef GATEWAY_SCHEDULER_STATS_SNAPSHOT_H
#define GATEWAY_SCHEDULER_STATS_SNAPSHOT_H

#include <stdbool.h>

#include "gateway/metrics/upstream_stats.h"
#include "gateway/model/budget.h"
#include "gateway/scheduler/expiry.h"
#include "gateway/scheduler/circuit_breaker.h"
#include "gateway/scheduler/lane.h"
#include "gateway/scheduler/upstream.h"

struct spool;

/* A batch, cut, is about to go out: for the first time or again. */
void stats_snapshot_call(
    struct upstream_stats *stats, const struct batch *batch, bool draining);
void stats_snapshot_answer(struct upstream_stats *stats,
    const struct batch *batch, const struct upstream_answer *answer,
    struct instant now);

/* What is measured. */
struct stats_snapshot {
	struct upstream_stats *stats;
	struct lane *lanes;
	size_t lane_count;
	struct batch *const *in_flight;
	size_t in_flight_count;
	const struct circuit_breaker *breaker;
	const struct expiry *expiry;
	const struct budget *budget;
	const struct spool *spool;
	struct upstream *upstream;
};

/* False: the spool's counts are being changed; ask again. */
bool stats_snapshot_measure(
    const struct stats_snapshot *snapshot, struct instant now);

#endif
