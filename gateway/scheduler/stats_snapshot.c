#include "gateway/scheduler/stats_snapshot.h"

#include "gateway/spool/spool.h"
#include "gateway/spool/spool_stats.h"

/* A lane that does nothing for so long may get another table: table.h. */
#define STALE_NS (600 * NS_PER_S)

/* ---- what happens ----------------------------------------------------- */

static enum upstream_stats_closed
closed_by(const struct batch *batch, bool draining)
{
	const struct lane *lane = batch->lane;

	if (lane->state == LANE_HELD || /* a probe */
	    batch->events >= lane_max_events(lane))
		return UPSTREAM_STATS_CLOSED_EVENTS;
	if (lane->queue.head != NULL)
		return UPSTREAM_STATS_CLOSED_BYTES; /* the next one did not fit */
	return draining ? UPSTREAM_STATS_CLOSED_DRAIN
			: UPSTREAM_STATS_CLOSED_LINGER;
}

/* A producer with a share of a batch's events has that share of its call. */
static void
share_call(struct upstream_stats *stats, const struct batch *batch)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;
	uint16_t producer;
	uint64_t share;

	for (; part < end; part++) {
		producer = part->record->producer_label;
		share = 1000 * (uint64_t)part->events / batch->events;
		stats->producer_calls[producer] += share;
		stats->producer_calls_in_minute[producer] += share;
	}
}

void
stats_snapshot_call(
    struct upstream_stats *stats, const struct batch *batch, bool draining)
{
	struct upstream_stats_table *table = batch->lane->stats;

	stats->calls++;
	table->calls++;
	table->calls_in_minute++;
	share_call(stats, batch);
	if (batch->call != 0) {
		stats->again[batch->again]++;
		return;
	}
	table->batches[closed_by(batch, draining)]++;
	table->batch_events += batch->events;
	histogram_add(&stats->batch, &histogram_events, batch->events, 1);
}

void
stats_snapshot_answer(struct upstream_stats *stats, const struct batch *batch,
    const struct upstream_answer *answer, struct instant now)
{
	bool answered = answer->end == UPSTREAM_ANSWERED;

	histogram_add(
	    &stats->upstream, &histogram_time, now.ns - batch->sent.ns, 1);
	batch->lane->stats->status = answered ? answer->status : 0;
	if (answered && answer->status < UPSTREAM_STATS_STATUSES)
		stats->statuses[answer->status]++;
	else if (answer->end == UPSTREAM_UNREACHED)
		stats->unreached++;
	else
		stats->unknown++;
}

/* ---- how things stand ------------------------------------------------- */

static void
measure_age(struct upstream_stats_table *table, const struct record *record,
    struct instant now)
{
	int64_t age_ms = (now.ns - record->accepted.ns) / NS_PER_MS;

	if (age_ms > table->oldest_ms)
		table->oldest_ms = age_ms > 0 ? age_ms : 0;
}

/* `withdrawn`: of a batch in flight, what was withdrawn may still arrive. */
static uint64_t
measure_batch(struct upstream_stats_table *table, const struct batch *batch,
    bool withdrawn, struct instant now)
{
	const struct batch_part *part = batch->parts;
	const struct batch_part *end = part + batch->part_count;
	uint64_t events = 0;

	for (; part < end; part++) {
		if (part->record->withdrawn && !withdrawn)
			continue;
		events += part->events;
		table->waiting_bytes += part->bytes;
		measure_age(table, part->record, now);
	}
	table->waiting += events;
	return events;
}

/* Several lanes may share one entry; it shows the one in most trouble. */
static void
measure_state(struct upstream_stats_table *table, const struct lane *lane,
    struct instant now)
{
	static const enum upstream_stats_lane lanes[LANE_STATES] = {
		[LANE_FLOWING] = UPSTREAM_STATS_LANE_FLOWING,
		[LANE_WAITING] = UPSTREAM_STATS_LANE_WAITING,
		[LANE_HELD] = UPSTREAM_STATS_LANE_HELD,
		[LANE_SPLITTING] = UPSTREAM_STATS_LANE_SPLITTING,
	};
	int64_t again_ns = lane->until.ns - now.ns;

	if (lanes[lane->state] <= table->lane || again_ns < -STALE_NS)
		return;
	table->lane = lanes[lane->state];
	table->reason = lane->reason;
	table->again_ms = again_ns > 0 ? again_ns / NS_PER_MS : 0;
}

static void
measure_queue(const struct lane *lane, struct instant now)
{
	const struct queue *queue = &lane->queue;
	struct upstream_stats_table *table = lane->stats;

	table->waiting += queue->events;
	table->waiting_bytes += queue->bytes;
	if (queue->head != NULL)
		measure_age(table, queue->head, now);
	if (queue->old != NULL && queue->old->next != NULL)
		measure_age(table, queue->old->next, now);
	for (int i = 0; i < LANE_LISTS; i++)
		for (const struct batch *b = batch_of(lane->batches[i].first);
		     b != NULL; b = batch_next(b)) {
			(void)measure_batch(table, b, false, now);
			table->suspects +=
			    b->refusal != NULL && !b->refusal->confirmed;
		}
	if (lane_has_more(lane)) /* else its table may be gone */
		table->batch_most = lane_max_events(lane);
}

/*
 * The spool's counts of a table only grow: what they grew by is added.  Another
 * table in the same lane begins at 0, and so does lane.counted.
 */
static bool
measure_spool(const struct stats_snapshot *snapshot, size_t index)
{
	struct lane *lane = &snapshot->lanes[index];
	struct upstream_stats_table *table = lane->stats;
	struct spool_counts counts;

	if (!spool_counts(snapshot->spool, index, &counts))
		return false;
	if (counts.serial != lane->serial)
		return true;
	table->recovered += counts.recovered - lane->counted.recovered;
	table->accepted += counts.accepted - lane->counted.accepted;
	table->settled += counts.acked - lane->counted.acked;
	lane->counted = counts;
	return true;
}

/* Replaces what was counted in lanes by what the spool counts. */
static void
use_spool_counts(const struct stats_snapshot *snapshot, int64_t wall_ms)
{
	struct upstream_stats *stats = snapshot->stats;

	for (unsigned t = 0; t <= stats->labels.count; t++)
		stats->tables[t].waiting = stats->tables[t].waiting_bytes = 0;
	for (size_t i = 0; i < snapshot->lane_count; i++) {
		const struct spool_counts *counted =
		    &snapshot->lanes[i].counted;
		struct upstream_stats_table *table = snapshot->lanes[i].stats;

		if (table == NULL)
			continue;
		table->waiting += counted->waiting;
		table->waiting_bytes += counted->bytes;
		if (table->oldest_ms == -1 && counted->waiting > 0)
			table->oldest_ms = wall_ms > counted->oldest_ms
					       ? wall_ms - counted->oldest_ms
					       : 0;
	}
	for (unsigned t = 0; t <= stats->labels.count; t++) {
		struct upstream_stats_table *table = &stats->tables[t];

		table->waiting += table->settled - table->delivered -
				  table->withdrawn - upstream_stats_dead(table);
		if (table->waiting == 0)
			table->oldest_ms = -1;
	}
}

static void
clear_states(struct upstream_stats *stats)
{
	for (unsigned t = 0; t <= stats->labels.count; t++) {
		struct upstream_stats_table *table = &stats->tables[t];

		table->waiting = table->waiting_bytes = table->in_flight = 0;
		table->suspects = 0;
		table->oldest_ms = -1;
		table->again_ms = 0;
		table->lane = UPSTREAM_STATS_LANE_FLOWING;
		table->reason = NULL;
	}
}

static void
measure_disk(struct upstream_stats_spool *out, const struct spool *spool)
{
	struct spool_health health = spool_health(spool);

	*out = (struct upstream_stats_spool){
		.bytes = spool_bytes(spool),
		.limit = spool_limit_bytes(spool),
		.durable = spool_is_durable(spool),
		.failing = health.failing,
		.recovering = health.recovering,
		.unverified = health.unverified,
		.damaged_records = health.damaged_records,
		.damaged_segments = health.damaged_segments,
		.commits = health.commits,
		.failures = health.failures,
		.copied_records = health.copied_records,
		.segments = health.segments,
	};
	spool_commit_times(spool, &out->commit_times);
}

static void
measure_totals(const struct stats_snapshot *snapshot, struct instant now)
{
	struct upstream *upstream = snapshot->upstream;
	struct upstream_stats *stats = snapshot->stats;
	struct budget_view budget;
	int64_t open_ns = snapshot->breaker->open_until.ns - now.ns;

	stats->wall_ms = upstream->ops->wall_ms(upstream);
	upstream_stats_minute(stats, stats->wall_ms);
	budget = budget_view(snapshot->budget, stats->wall_ms);
	stats->budget_limit = budget.limit;
	stats->budget_used = budget.limit - budget.remaining;
	stats->budget_reset_s = budget.reset_s;
	measure_disk(&stats->spool, snapshot->spool);
	stats->refused = snapshot->breaker->half_open;
	stats->clock_skew_ms = expiry_skew_ms(
	    snapshot->expiry, (struct bisect_time){ now, stats->wall_ms });
	stats->clock_in_doubt = expiry_clock_in_doubt(
	    snapshot->expiry, (struct bisect_time){ now, stats->wall_ms });
	stats->paused_ms = open_ns > 0 ? open_ns / NS_PER_MS : 0;
	if (upstream->ops->credential != NULL)
		upstream->ops->credential(upstream, &stats->credential);
}

static void
measure_lanes(const struct stats_snapshot *snapshot, struct instant now)
{
	const struct batch *batch;

	for (size_t i = 0; i < snapshot->lane_count; i++)
		if (snapshot->lanes[i].stats != NULL) {
			measure_queue(&snapshot->lanes[i], now);
			measure_state(
			    snapshot->lanes[i].stats, &snapshot->lanes[i], now);
		}
	for (size_t i = 0; i < snapshot->in_flight_count; i++) {
		batch = snapshot->in_flight[i];
		batch->lane->stats->in_flight +=
		    measure_batch(batch->lane->stats, batch, true, now);
	}
}

bool
stats_snapshot_measure(
    const struct stats_snapshot *snapshot, struct instant now)
{
	bool durable = spool_is_durable(snapshot->spool);

	for (size_t i = 0; durable && i < snapshot->lane_count; i++)
		if (snapshot->lanes[i].stats != NULL &&
		    !measure_spool(snapshot, i))
			return false;
	clear_states(snapshot->stats);
	measure_totals(snapshot, now);
	measure_lanes(snapshot, now);
	if (durable)
		use_spool_counts(snapshot, snapshot->stats->wall_ms);
	return true;
}
