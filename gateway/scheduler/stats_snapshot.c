#include "gateway/scheduler/stats_snapshot.h"

#include "gateway/spool/spool.h"
#include "gateway/spool/spool_counts.h"
#include "gateway/spool/spool_health.h"

/* A lane that rests so long is another table's soon: table.h. */
#define STALE_NS (600 * NS_PER_S)

/* ---- what happens ----------------------------------------------------- */

static enum upstream_stats_closed
closed_by(const struct batch *batch, bool draining)
{
	const struct lane *lane = batch->lane;

	if (lane->state == LANE_HELD || /* a probe */
	    batch->events >= lane_most_events(lane))
		return UPSTREAM_STATS_CLOSED_EVENTS;
	if (lane->queue.head != NULL)
		return UPSTREAM_STATS_CLOSED_BYTES; /* the next one did not fit */
	return draining ? UPSTREAM_STATS_CLOSED_DRAIN
			: UPSTREAM_STATS_CLOSED_LINGER;
}

/* Whoever has a share of a batch's events has as much of its call. */
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
see_older(struct upstream_stats_table *table, const struct record *record,
    struct instant now)
{
	int64_t age_ms = (now.ns - record->accepted.ns) / NS_PER_MS;

	if (age_ms > table->oldest_ms)
		table->oldest_ms = age_ms > 0 ? age_ms : 0;
}

/* `withdrawn`: of a batch in flight, what was withdrawn may still arrive. */
static uint64_t
see_batch(struct upstream_stats_table *table, const struct batch *batch,
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
		see_older(table, part->record, now);
	}
	table->waiting += events;
	return events;
}

/* Several lanes may share a page; the one in most trouble shows. */
static void
see_state(struct upstream_stats_table *table, const struct lane *lane,
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
see_queued(const struct lane *lane, struct instant now)
{
	const struct queue *queue = &lane->queue;
	struct upstream_stats_table *table = lane->stats;

	table->waiting += queue->events;
	table->waiting_bytes += queue->bytes;
	if (queue->head != NULL)
		see_older(table, queue->head, now);
	if (queue->old != NULL && queue->old->next != NULL)
		see_older(table, queue->old->next, now);
	for (int i = 0; i < LANE_LISTS; i++)
		for (const struct batch *b = lane->kept[i].first; b != NULL;
		     b = b->next) {
			(void)see_batch(table, b, false, now);
			table->suspects +=
			    b->refusal != NULL && !b->refusal->guilty;
		}
	if (lane_has_more(lane)) /* else its table may be gone */
		table->batch_most = lane_most_events(lane);
}

/*
 * The spool's counts of a table grow, and are added to the statistics as they do;
 * another table on the same place begins at 0, and so does the lane.
 */
static bool
see_spool(const struct stats_snapshot *report, size_t index)
{
	struct lane *lane = &report->lanes[index];
	struct upstream_stats_table *table = lane->stats;
	struct spool_counts counts;

	if (!spool_counts(report->spool, index, &counts))
		return false;
	if (counts.serial != lane->serial)
		return true;
	table->recovered += counts.recovered - lane->seen.recovered;
	table->accepted += counts.accepted - lane->seen.accepted;
	table->settled += counts.settled - lane->seen.settled;
	lane->seen = counts;
	return true;
}

/* What the spool counts takes the place of what was seen in lanes. */
static void
use_spool(const struct stats_snapshot *report, int64_t wall_ms)
{
	struct upstream_stats *stats = report->stats;

	for (unsigned t = 0; t <= stats->labels.count; t++)
		stats->tables[t].waiting = stats->tables[t].waiting_bytes = 0;
	for (size_t i = 0; i < report->lane_count; i++) {
		const struct spool_counts *seen = &report->lanes[i].seen;
		struct upstream_stats_table *table = report->lanes[i].stats;

		if (table == NULL)
			continue;
		table->waiting += seen->waiting;
		table->waiting_bytes += seen->bytes;
		if (table->oldest_ms == -1 && seen->waiting > 0)
			table->oldest_ms = wall_ms > seen->oldest_ms
					       ? wall_ms - seen->oldest_ms
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
forget_states(struct upstream_stats *stats)
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
see_disk(struct upstream_stats_spool *out, const struct spool *spool)
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
see_whole(const struct stats_snapshot *report, struct instant now)
{
	struct upstream *upstream = report->upstream;
	struct upstream_stats *stats = report->stats;
	struct budget_view budget;
	int64_t opens_ns = report->gate->open_at.ns - now.ns;

	stats->wall_ms = upstream->ops->wall_ms(upstream);
	upstream_stats_turn_minute(stats, stats->wall_ms);
	budget = budget_view(report->budget, stats->wall_ms);
	stats->budget_limit = budget.limit;
	stats->budget_used = budget.limit - budget.remaining;
	stats->budget_reset_s = budget.reset_s;
	see_disk(&stats->spool, report->spool);
	stats->refused = report->gate->on_trial;
	stats->clock_skew_ms = expiry_skew_ms(
	    report->aging, (struct bisect_time){ now, stats->wall_ms });
	stats->clock_in_doubt = expiry_doubts(
	    report->aging, (struct bisect_time){ now, stats->wall_ms });
	stats->paused_ms = opens_ns > 0 ? opens_ns / NS_PER_MS : 0;
	if (upstream->ops->credential != NULL)
		upstream->ops->credential(upstream, &stats->credential);
}

static void
see_lanes(const struct stats_snapshot *report, struct instant now)
{
	const struct batch *batch;

	for (size_t i = 0; i < report->lane_count; i++)
		if (report->lanes[i].stats != NULL) {
			see_queued(&report->lanes[i], now);
			see_state(
			    report->lanes[i].stats, &report->lanes[i], now);
		}
	for (size_t i = 0; i < report->in_flight_count; i++) {
		batch = report->in_flight[i];
		batch->lane->stats->in_flight +=
		    see_batch(batch->lane->stats, batch, true, now);
	}
}

bool
stats_snapshot_measure(const struct stats_snapshot *report, struct instant now)
{
	bool durable = spool_is_durable(report->spool);

	for (size_t i = 0; durable && i < report->lane_count; i++)
		if (report->lanes[i].stats != NULL && !see_spool(report, i))
			return false;
	forget_states(report->stats);
	see_whole(report, now);
	see_lanes(report, now);
	if (durable)
		use_spool(report, report->stats->wall_ms);
	return true;
}
