#include "gateway/scheduler/dispatch.h"

#include <stdlib.h>

#include "gateway/scheduler/stats_snapshot.h"

/* An answer within this time is no burden to other lanes. */
#define BRISK_NS (2 * NS_PER_S)

#define NO_MEMORY_WAIT_NS (100 * NS_PER_MS)

bool
dispatch_init(struct dispatch *d, const struct budget *budget)
{
	d->share = drr_make(budget);
	d->press = call_pressure_make(budget_view(budget, 0).limit);
	d->in_flight = calloc(d->most, sizeof(struct batch *));
	return d->in_flight != NULL;
}

void
dispatch_place(struct dispatch *d, struct lane *lane, struct instant now)
{
	lane->bursts = call_pressure_bursts(&d->press, lane, now);
	run_queue_place(d->agenda, lane, lane_due(lane, d->draining), now);
}

/*
 * While others wait, or would find less than a quarter of the places free, a
 * lane keeps to a quarter: one slow table must not hold them all.  So does one
 * whose answers are slow, or not known: who comes next would find its calls in
 * all places, and for long.
 */
static bool
crowds(const struct dispatch *d, const struct lane *lane)
{
	size_t places = d->most, quarter = places / 4;

	if (lane->in_flight < (quarter > 0 ? quarter : 1))
		return false;
	return d->agenda->ready != NULL || !lane->brisk ||
	       d->in_flight_count >= places - quarter;
}

static bool
may_send(const struct dispatch *d)
{
	return d->in_flight_count < d->most &&
	       breaker_opens(d->gate).ns <= d->now.ns &&
	       d->paced.ns <= d->now.ns && d->upstream->ops->ready(d->upstream);
}

static void
submit(struct dispatch *d, struct batch *batch)
{
	const struct upstream_call call = {
		.id = batch->lane->table->options.id,
		.table = batch->lane->serial,
		.apart = batch->lane->state == LANE_HELD &&
			 batch->lane->unauthorized > 0 && !d->gate->on_trial,
		.body = batch->body,
		.bytes = batch->bytes,
		.events = batch->events,
		.cookie = batch,
	};

	stats_snapshot_call(d->stats, batch, d->draining);
	call_pressure_sent(&d->press, batch, d->now);
	batch->slot = d->in_flight_count;
	batch->sent = d->now;
	d->in_flight[d->in_flight_count++] = batch;
	batch->call = breaker_call(d->gate);
	accounting_sent(d->ledger, batch);
	d->upstream->ops->submit(d->upstream, &call);
}

/* What the lane would send now, without what was withdrawn since. */
static struct batch *
pick(struct dispatch *d, struct lane *lane, bool *oom_out)
{
	struct batch *batch;

	for (;;) {
		batch = lane_pick(lane, d->spare, d->now, d->draining, oom_out);
		if (batch == NULL || batch == d->spare)
			return batch;
		accounting_purge(d->ledger, batch, d->now);
		if (batch->part_count > 0)
			return lane_trim(batch, d->pool);
		batch_unlist(batch);
		batch_give(d->pool, batch);
		response_policy_settle(d->judge, lane, d->now);
	}
}

static bool
pace(struct dispatch *d, int64_t wait_ns)
{
	if (wait_ns > 0)
		d->paced.ns = d->now.ns + wait_ns;
	return wait_ns == 0;
}

/* A probe too many waits, and its lane with it. */
static bool
may_probe(struct dispatch *d, struct lane *lane)
{
	int64_t wait_ns;

	if (lane->state != LANE_HELD)
		return true;
	wait_ns = rate_control_spend_probe(d->pace, d->now);
	if (wait_ns > 0)
		lane->until.ns = d->now.ns + wait_ns;
	return wait_ns == 0;
}

/* What the lane would send, and can pay for while others want to send too. */
static struct batch *
choose(struct dispatch *d, struct lane *lane, bool alone, bool *oom_out)
{
	struct batch *batch;

	if (!alone && !drr_visit(&d->share, lane, d->agenda->ready))
		return NULL;
	lane->bursts = call_pressure_bursts(&d->press, lane, d->now);
	batch = pick(d, lane, oom_out);
	if (batch == NULL)
		return NULL;
	if ((alone || drr_covers(&d->share, lane, batch->bytes)) &&
	    may_probe(d, lane))
		return batch;
	batch_reset(d->spare);
	return NULL;
}

/* One turn of a lane: one call, or none.  False: all must wait. */
static bool
serve(struct dispatch *d, struct lane *lane)
{
	int64_t wall_ms = d->upstream->ops->wall_ms(d->upstream);
	bool alone = d->agenda->ready == NULL, oom = false;
	struct batch *batch = choose(d, lane, alone, &oom);
	int64_t wait_ns;

	if (batch == NULL)
		return pace(d, oom ? NO_MEMORY_WAIT_NS : 0);
	upstream_stats_turn_minute(d->stats, wall_ms);
	wait_ns = rate_control_spend(d->pace, batch->bytes, d->now, wall_ms);
	d->stats->budget_wait_us += (uint64_t)(wait_ns / 1000);
	if (!pace(d, wait_ns)) {
		drr_interrupt(lane);
		return false;
	}
	if (!lane_send(lane, batch))
		return pace(d, NO_MEMORY_WAIT_NS);
	drr_pay(&d->share, lane, batch->bytes);
	if (batch == d->spare)
		d->spare = NULL;
	submit(d, batch);
	return true;
}

/* Its turn goes on, or it is over, or it has no more to send. */
static void
place_again(struct dispatch *d, struct lane *lane)
{
	struct instant due = lane_due(lane, d->draining);

	if (due.ns > d->now.ns)
		drr_forget(&d->share, lane);
	if (due.ns <= d->now.ns && lane->in_turn)
		run_queue_untake(d->agenda, lane);
	else
		run_queue_place(d->agenda, lane, due, d->now);
}

struct instant
dispatch_turn(struct dispatch *d, struct instant now)
{
	struct lane *lane;

	d->now = now;
	run_queue_recall(d->agenda);
	while (may_send(d) && (lane = run_queue_take(d->agenda)) != NULL) {
		if (crowds(d, lane)) {
			run_queue_put_aside(d->agenda, lane);
			continue;
		}
		if (d->spare == NULL)
			d->spare = batch_take(d->pool);
		if (d->spare == NULL || !serve(d, lane)) {
			run_queue_untake(d->agenda, lane);
			break;
		}
		place_again(d, lane);
		d->now = d->upstream->ops->now(d->upstream);
	}
	if (d->spare != NULL)
		batch_reset(d->spare);
	return d->now;
}

void
dispatch_back(struct dispatch *d, struct batch *batch, struct instant now)
{
	struct batch *last = d->in_flight[--d->in_flight_count];

	d->in_flight[batch->slot] = last;
	last->slot = batch->slot;
	lane_back(batch->lane, batch);
	batch->lane->brisk = now.ns - batch->sent.ns < BRISK_NS;
	breaker_back(d->gate, batch->call);
}

struct instant
dispatch_due(const struct dispatch *d)
{
	struct instant opens;

	if (d->agenda->ready == NULL || d->in_flight_count >= d->most ||
	    !d->upstream->ops->ready(d->upstream))
		return INSTANT_NEVER;
	opens = breaker_opens(d->gate);
	return opens.ns > d->paced.ns ? opens : d->paced;
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
