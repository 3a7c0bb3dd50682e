/*
 * stats_snapshot - the sending side's statistics, table by table.
 *
 * What happens is counted as it happens, a few additions a call.  How things
 * stand is measured when somebody asks.  In memory alone, what waits is counted
 * anew by going through every lane.  A spool on disk counts it itself, also
 * what is in no lane; of that what has left since is taken off, of which the
 * spool may not know yet.
 *
 * Units	as upstream_stats.h.
 * Ownership	borrows all.
 * Threads	the pump's.
 * Errors	none.
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

/* Where everything is that is measured. */
struct stats_snapshot {
	struct upstream_stats *stats;
	struct lane *lanes;
	size_t lane_count;
	struct batch *const *in_flight;
	size_t in_flight_count;
	const struct breaker *gate;
	const struct expiry *aging;
	const struct budget *budget;
	const struct spool *spool;
	struct upstream *upstream;
};

/* False: the spool's counts were not to be had; ask again. */
bool stats_snapshot_measure(
    const struct stats_snapshot *report, struct instant now);

#endif
