#include "gateway/scheduler/dispatch.h"

#include <stdlib.h>

#include "gateway/scheduler/stats_snapshot.h"

/* A lane whose answers take less does not hold up others. */
#define FAST_NS (2 * NS_PER_S)

#define NO_MEMORY_WAIT_NS (100 * NS_PER_MS)

bool
dispatch_init(struct dispatch *d, const struct budget *budget)
{
	d->drr = drr_make(budget);
	d->pressure = call_pressure_make(budget_view(budget, 0).limit);
	d->in_flight = calloc(d->max_in_flight, sizeof(struct batch *));
	return d->in_flight != NULL;
}

/* A lane that never held a record has no table. */
static void
set_bursts(struct dispatch *d, struct lane *lane, struct instant now)
{
	lane->bursts = lane->table != NULL &&
		       call_pressure_bursts(&d->pressure, &lane->pressure,
			   &lane->table->options, now);
}

void
dispatch_schedule(struct dispatch *d, struct lane *lane, struct instant now)
{
	set_bursts(d, lane, now);
	run_queue_schedule(
	    d->run_queue, lane, lane_due(lane, d->draining), now);
}

/*
 * A lane keeps to a quarter of the calls in flight while other lanes are ready,
 * or less than a quarter is free, or its own answers are slow or not known yet:
 * one slow table must not hold all of them, for the lane that comes next would
 * wait for long.
 */
static bool
over_quota(const struct dispatch *d, const struct lane *lane)
{
	size_t places = d->max_in_flight, quarter = places / 4;

	if (lane->in_flight < (quarter > 0 ? quarter : 1))
		return false;
	return d->run_queue->ready.first != NULL || !lane->fast ||
	       d->in_flight_count >= places - quarter;
}

static bool
may_send(const struct dispatch *d)
{
	return d->in_flight_count < d->max_in_flight &&
	       circuit_breaker_open_until(d->breaker).ns <= d->now.ns &&
	       d->delayed_until.ns <= d->now.ns &&
	       d->upstream->ops->ready(d->upstream);
}

static void
submit(struct dispatch *d, struct batch *batch)
{
	struct lane *lane = batch->lane;
	const struct upstream_call call = {
		.id = lane->table->options.id,
		.table = lane->serial,
		.expects_401 = lane->state == LANE_HELD &&
			       lane->unauthorized > 0 && !d->breaker->half_open,
		.body = batch->body,
		.bytes = batch->bytes,
		.events = batch->events,
		.cookie = batch,
	};

	stats_snapshot_call(d->stats, batch, d->draining);
	call_pressure_sent(&d->pressure, &lane->pressure, &lane->table->options,
	    batch->events, d->now.ns - batch->parts[0].record->accepted.ns,
	    d->now);
	batch->slot = d->in_flight_count;
	batch->sent = d->now;
	d->in_flight[d->in_flight_count++] = batch;
	batch->call = circuit_breaker_call(d->breaker);
	accounting_sent(d->accounting, batch);
	d->upstream->ops->submit(d->upstream, &call);
}

/* What the lane would send now, without what was withdrawn. */
static struct batch *
pick(struct dispatch *d, struct lane *lane, bool *oom_out)
{
	struct batch *batch;

	for (;;) {
		batch = lane_pick(lane, d->spare, d->now, d->draining, oom_out);
		if (batch == NULL || batch == d->spare)
			return batch;
		accounting_purge(d->accounting, batch, d->now);
		if (batch->part_count > 0)
			return lane_trim(batch, d->pool);
		list_remove(&batch->node);
		batch_give(d->pool, batch);
		response_policy_review(d->policy, lane, d->now);
	}
}

static bool
delay(struct dispatch *d, int64_t wait_ns)
{
	if (wait_ns > 0)
		d->delayed_until.ns = d->now.ns + wait_ns;
	return wait_ns == 0;
}

/* Probes have a rate of their own; beyond it the lane waits. */
static bool
may_probe(struct dispatch *d, struct lane *lane)
{
	int64_t wait_ns;

	if (lane->state != LANE_HELD)
		return true;
	wait_ns = rate_control_spend_probe(d->rate, d->now);
	if (wait_ns > 0)
		lane->until.ns = d->now.ns + wait_ns;
	return wait_ns == 0;
}

/* What the lane would send, if it can pay for it or nobody else is ready. */
static struct batch *
choose(struct dispatch *d, struct lane *lane, bool alone, bool *oom_out)
{
	struct batch *batch;

	if (!alone && !drr_visit(&d->drr, lane, &d->run_queue->ready))
		return NULL;
	set_bursts(d, lane, d->now);
	batch = pick(d, lane, oom_out);
	if (batch == NULL)
		return NULL;
	if ((alone || drr_covers(&d->drr, lane, batch->bytes)) &&
	    may_probe(d, lane))
		return batch;
	batch_reset(d->spare);
	return NULL;
}

/* One call of the lane, or none.  False: all lanes must wait. */
static bool
serve(struct dispatch *d, struct lane *lane)
{
	int64_t wall_ms = d->upstream->ops->wall_ms(d->upstream);
	bool alone = d->run_queue->ready.first == NULL, oom = false;
	struct batch *batch = choose(d, lane, alone, &oom);
	int64_t wait_ns;

	if (batch == NULL)
		return delay(d, oom ? NO_MEMORY_WAIT_NS : 0);
	upstream_stats_minute(d->stats, wall_ms);
	wait_ns = rate_control_spend(d->rate, batch->bytes, d->now, wall_ms);
	d->stats->budget_wait_us += (uint64_t)(wait_ns / 1000);
	if (!delay(d, wait_ns)) {
		drr_interrupt(lane);
		return false;
	}
	if (!lane_send(lane, batch))
		return delay(d, NO_MEMORY_WAIT_NS);
	drr_pay(&d->drr, lane, batch->bytes);
	if (batch == d->spare)
		d->spare = NULL;
	submit(d, batch);
	return true;
}

/* Served on, or behind the others, or it has no more to send. */
static void
reschedule(struct dispatch *d, struct lane *lane)
{
	struct instant due = lane_due(lane, d->draining);

	if (due.ns > d->now.ns)
		drr_reset(&d->drr, lane);
	if (due.ns <= d->now.ns && lane->in_service)
		run_queue_put_back(d->run_queue, lane);
	else
		run_queue_schedule(d->run_queue, lane, due, d->now);
}

struct instant
dispatch_cycle(struct dispatch *d, struct instant now)
{
	struct lane *lane;

	d->now = now;
	run_queue_recall(d->run_queue);
	while (may_send(d) && (lane = run_queue_take(d->run_queue)) != NULL) {
		if (over_quota(d, lane)) {
			run_queue_put_aside(d->run_queue, lane);
			continue;
		}
		if (d->spare == NULL)
			d->spare = batch_take(d->pool);
		if (d->spare == NULL || !serve(d, lane)) {
			run_queue_put_back(d->run_queue, lane);
			break;
		}
		reschedule(d, lane);
		d->now = d->upstream->ops->now(d->upstream);
	}
	if (d->spare != NULL)
		batch_reset(d->spare);
	return d->now;
}

void
dispatch_done(struct dispatch *d, struct batch *batch, struct instant now)
{
	struct batch *last = d->in_flight[--d->in_flight_count];

	d->in_flight[batch->slot] = last;
	last->slot = batch->slot;
	lane_done(batch->lane, batch);
	batch->lane->fast = now.ns - batch->sent.ns < FAST_NS;
	circuit_breaker_answered(d->breaker, batch->call);
}

struct instant
dispatch_due(const struct dispatch *d)
{
	struct instant opens;

	if (d->run_queue->ready.first == NULL ||
	    d->in_flight_count >= d->max_in_flight ||
	    !d->upstream->ops->ready(d->upstream))
		return INSTANT_NEVER;
	opens = circuit_breaker_open_until(d->breaker);
	return opens.ns > d->delayed_until.ns ? opens : d->delayed_until;
}

void
dispatch_fini(struct dispatch *d)
{
	if (d->spare != NULL)
		batch_give(d->pool, d->spare);
	d->spare = NULL;
	free(d->in_flight);
	d->in_flight = NULL;
	d->in_flight_count = 0;
}
