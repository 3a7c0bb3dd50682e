#include "gateway/scheduler/pump.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/metrics/label_table.h"
#include "gateway/scheduler/run_queue.h"
#include "gateway/scheduler/expiry.h"
#include "gateway/scheduler/dispatch.h"
#include "gateway/scheduler/dead_letter_batch.h"
#include "gateway/scheduler/circuit_breaker.h"
#include "gateway/scheduler/response_policy.h"
#include "gateway/scheduler/stats_snapshot.h"

#define ANSWERS 64 /* taken from the upstream at a time */

/*
 * After records came, the spool is not asked for so long: at thousands of small
 * requests a second one wake-up serves many.  It is short beside any linger.
 */
#define SPOOL_PAUSE_NS (2 * NS_PER_MS)

/* Lanes that were cut off come back within this. */
#define RESUME_NS (NS_PER_S / 2)

struct pump {
	struct pump_options options;
	struct upstream *upstream;
	struct upstream_stats *stats;
	struct accounting accounting;
	struct run_queue run_queue;
	struct circuit_breaker breaker;
	struct rate_control rate;
	struct list cut_off;      /* of lane.cut_off: see resume_cut_off */
	uint64_t cut_off_at_call; /* answers up to this call do not end it */
	struct dead_letter_batch dead_letters;
	struct response_policy policy;
	struct dispatch dispatch;
	struct expiry expiry;
	struct lane *lanes; /* by table index */
	struct batch_pool pool;
	struct instant now;         /* of this cycle */
	struct instant spool_after; /* do not ask the spool before */
	struct instant withdraw_at;
};

bool
pump_open(
    struct pump **out, const struct pump_options *options, struct err *err)
{
	struct pump *pump = calloc(1, sizeof *pump);

	if (pump == NULL)
		goto no_memory;
	pump->options = *options;
	pump->upstream = options->upstream;
	pump->stats = registry_stats(options->registry);
	pump->accounting.spool = options->spool;
	pump->accounting.stats = pump->stats;
	pump->accounting.spool_counts = spool_is_durable(options->spool);
	pump->withdraw_at = INSTANT_NEVER;
	pump->rate = rate_control_make(
	    options->budget, pump->upstream->ops->now(pump->upstream));
	pump->dead_letters = (struct dead_letter_batch){
		.sink = options->sink,
		.accounting = &pump->accounting,
		.pool = &pump->pool,
	};
	pump->policy = (struct response_policy){
		.accounting = &pump->accounting,
		.breaker = &pump->breaker,
		.rate = &pump->rate,
		.pool = &pump->pool,
		.bisect = { &pump->accounting, &pump->pool,
		    &pump->dead_letters },
		.rng = { options->seed },
	};
	pump->dispatch = (struct dispatch){
		.upstream = pump->upstream,
		.stats = pump->stats,
		.accounting = &pump->accounting,
		.run_queue = &pump->run_queue,
		.breaker = &pump->breaker,
		.rate = &pump->rate,
		.policy = &pump->policy,
		.pool = &pump->pool,
		.max_in_flight = options->max_in_flight,
	};
	pump->expiry = expiry_make(&pump->policy.bisect,
	    (struct bisect_time){ pump->upstream->ops->now(pump->upstream),
		pump->upstream->ops->wall_ms(pump->upstream) });
	pump->lanes = calloc(options->lanes + 1, sizeof *pump->lanes);
	if (!run_queue_init(&pump->run_queue, options->lanes) ||
	    pump->lanes == NULL ||
	    !dispatch_init(&pump->dispatch, options->budget))
		goto no_memory;
	*out = pump;
	return true;
no_memory:
	pump_close(&pump);
	return err_set(err, ERR_HOST, 0, "no memory for %zu tables' lanes",
	    options->lanes);
}

/* What is not acked stays in the spool. */
static void
drop_batch(struct pump *pump, struct batch *batch)
{
	accounting_release(&pump->accounting, batch, pump->now);
	batch_give(&pump->pool, batch);
}

static void
drop_lane(struct pump *pump, struct lane *lane)
{
	struct record *r;
	struct batch *b;
	int i = 0;

	while ((r = lane->queue.head) != NULL) {
		queue_remove(&lane->queue, r);
		accounting_release_uncut(&pump->accounting, r, pump->now);
	}
	for (; i < LANE_LISTS; i++)
		while ((b = batch_of(lane->batches[i].first)) != NULL) {
			list_remove(&b->node);
			drop_batch(pump, b);
		}
}

void
pump_close(struct pump **pump_at)
{
	struct pump *pump = *pump_at;
	struct dispatch *dispatch;

	if (pump == NULL)
		return;
	dispatch = &pump->dispatch;
	assert(accounting_first(&pump->accounting) == NULL); /* see pump_end */
	assert(pump->dead_letters.gathered.first == NULL);
	for (size_t i = 0; pump->lanes != NULL && i < pump->options.lanes; i++)
		drop_lane(pump, &pump->lanes[i]);
	while (dispatch->in_flight_count > 0)
		drop_batch(
		    pump, dispatch->in_flight[--dispatch->in_flight_count]);
	dispatch_fini(dispatch);
	batch_pool_fini(&pump->pool);
	run_queue_fini(&pump->run_queue);
	free(pump->lanes);
	free(pump);
	*pump_at = NULL;
}

static struct lane *
lane_of(struct pump *pump, const struct record *record)
{
	return &pump->lanes[record->table->index];
}

static struct bisect_time
time_now(const struct pump *pump)
{
	return (struct bisect_time){ pump->now,
		pump->upstream->ops->wall_ms(pump->upstream) };
}

static void
take_records(struct pump *pump)
{
	int64_t wall_ms = pump->upstream->ops->wall_ms(pump->upstream);
	struct record *record, *next;
	struct lane *lane;

	if (pump->now.ns < pump->spool_after.ns)
		return;
	for (record = spool_take(pump->options.spool); record != NULL;
	     record = next) {
		next = record->next;
		lane = lane_of(pump, record);
		if (record->producer_label == LABEL_OTHER)
			record->producer_label = registry_producer_by_name(
			    pump->options.registry, record->producer);
		lane_add(lane, record, pump->now,
		    expiry_old_ms(record->table, wall_ms));
		lane->stats = upstream_stats_of(pump->stats, record->table);
		accounting_take(&pump->accounting, record);
		dispatch_schedule(&pump->dispatch, lane, pump->now);
		pump->spool_after.ns = pump->now.ns + SPOOL_PAUSE_NS;
	}
}

static void
withdraw_late(struct pump *pump)
{
	struct record *record;
	struct lane *lane;

	while ((record = accounting_first(&pump->accounting)) != NULL &&
	       (record->completion->deadline.ns <= pump->now.ns ||
		   pump->withdraw_at.ns <= pump->now.ns)) {
		lane = lane_of(pump, record);
		if (record->cut_events < record->events)
			queue_remove(&lane->queue, record);
		accounting_withdraw(&pump->accounting, record, pump->now);
		response_policy_review(&pump->policy, lane, pump->now);
	}
}

/* A call could not be sent: its lane waits until others are answered. */
static void
cut_off(struct pump *pump, struct lane *lane)
{
	pump->cut_off_at_call = pump->breaker.calls;
	if (lane->cut_off.in == NULL)
		list_push_front(&pump->cut_off, &lane->cut_off);
}

/*
 * All tables share one upstream: when it answers a later call, lanes that were
 * cut off need not wait to the end of a backoff that the outage has made long.
 * They come back at random times, not all at once.
 */
static void
resume_cut_off(struct pump *pump)
{
	struct list_node *node;
	struct lane *lane;
	int64_t resume_ns;

	while ((node = list_pop(&pump->cut_off)) != NULL) {
		lane = LIST_OWNER(node, struct lane, cut_off);
		resume_ns = pump->now.ns +
			    response_policy_jitter(&pump->policy) % RESUME_NS;
		if (lane->until.ns > resume_ns)
			lane->until.ns = resume_ns;
		dispatch_schedule(&pump->dispatch, lane, pump->now);
	}
}

static void
answered(struct pump *pump, const struct upstream_answer *answer)
{
	struct batch *batch = answer->cookie;
	struct lane *lane = batch->lane;

	dispatch_done(&pump->dispatch, batch, pump->now);
	stats_snapshot_answer(pump->stats, batch, answer, pump->now);
	expiry_answered(&pump->expiry, answer, time_now(pump).wall_ms);
	rate_control_answered(
	    &pump->rate, answer, pump->dispatch.in_flight_count, pump->now);
	if (answer->end == UPSTREAM_ANSWERED &&
	    batch->call > pump->cut_off_at_call)
		resume_cut_off(pump);
	response_policy_answer(&pump->policy, batch, answer, time_now(pump));
	if (answer->end == UPSTREAM_UNREACHED)
		cut_off(pump, lane);
	dispatch_schedule(&pump->dispatch, lane, pump->now);
}

static void
take_answers(struct pump *pump)
{
	struct upstream_answer answers[ANSWERS];
	size_t count;

	do {
		count = pump->upstream->ops->answers(
		    pump->upstream, answers, ANSWERS);
		for (size_t i = 0; i < count; i++)
			answered(pump, &answers[i]);
	} while (count == ANSWERS);
}

/* Events in flight do not expire. */
static void
expire_old(struct pump *pump)
{
	struct lane *lane = pump->lanes, *end = lane + pump->options.lanes;

	if (pump->accounting.counts.waiting == 0 ||
	    !expiry_due(&pump->expiry, time_now(pump)))
		return;
	for (; lane < end; lane++) {
		if (!expiry_check_lane(&pump->expiry, lane, time_now(pump)))
			continue;
		response_policy_review(&pump->policy, lane, pump->now);
		dispatch_schedule(&pump->dispatch, lane, pump->now);
	}
}

/* The dead letters of this cycle, with few syncs: see dead_letter_batch.h. */
static void
store_dead_letters(struct pump *pump)
{
	struct dead_letter_batch *dead_letters = &pump->dead_letters;
	bool all;
	struct batch *batch;

	if (!dead_letter_batch_flush(
		dead_letters, pump->now, time_now(pump).wall_ms))
		return;
	all = dead_letters->not_stored.first == NULL;
	while (
	    (batch = dead_letter_batch_next(&dead_letters->stored)) != NULL) {
		expiry_dead_lettered(&pump->expiry, batch);
		response_policy_dead_lettered(&pump->policy, batch, pump->now);
	}
	while ((batch = dead_letter_batch_next(&dead_letters->not_stored)) !=
	       NULL) {
		struct lane *lane = batch->lane;

		response_policy_not_stored(&pump->policy, batch, pump->now);
		dispatch_schedule(&pump->dispatch, lane, pump->now);
	}
	expiry_flushed(&pump->expiry, all, pump->now);
}

void
pump_measure(struct pump *pump)
{
	const struct stats_snapshot report = {
		.stats = pump->stats,
		.lanes = pump->lanes,
		.lane_count = pump->options.lanes,
		.in_flight = pump->dispatch.in_flight,
		.in_flight_count = pump->dispatch.in_flight_count,
		.breaker = &pump->breaker,
		.expiry = &pump->expiry,
		.budget = pump->options.budget,
		.spool = pump->options.spool,
		.upstream = pump->upstream,
	};

	if (stats_snapshot_measure(&report, pump->now))
		registry_publish_stats(pump->options.registry);
}

void
pump_cycle(struct pump *pump)
{
	pump->now = pump->upstream->ops->now(pump->upstream);
	take_records(pump);
	take_answers(pump);
	withdraw_late(pump);
	expire_old(pump);
	store_dead_letters(pump);
	run_queue_wake(&pump->run_queue, pump->now);
	pump->now = dispatch_cycle(&pump->dispatch, pump->now);
	store_dead_letters(
	    pump); /* dispatch may have found more that are confirmed */
	if (registry_stats_wanted(pump->options.registry))
		pump_measure(pump);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void
pump_wait(struct pump *pump, int fd, struct instant latest)
{
	bool spool_paused = pump->spool_after.ns > pump->now.ns;
	int fds[2] = { fd, spool_fd(pump->options.spool) };
	int64_t until = latest.ns;

	until = earlier(until, run_queue_next(&pump->run_queue).ns);
	until = earlier(until, accounting_deadline(&pump->accounting).ns);
	if (accounting_first(&pump->accounting) != NULL)
		until = earlier(until, pump->withdraw_at.ns);
	if (spool_paused)
		until = earlier(until, pump->spool_after.ns);
	if (pump->accounting.counts.waiting > 0)
		until = earlier(until, pump->expiry.next.ns);
	until = earlier(until, dispatch_due(&pump->dispatch).ns);
	pump->upstream->ops->wait(pump->upstream, fds, spool_paused ? 1 : 2,
	    (struct instant){ until });
}

void
pump_drain(struct pump *pump, struct instant withdraw_at)
{
	pump->withdraw_at = withdraw_at;
	pump->dispatch.draining = true;
	for (size_t i = 0; i < pump->options.lanes; i++)
		dispatch_schedule(&pump->dispatch, &pump->lanes[i], pump->now);
}

void
pump_end(struct pump *pump)
{
	pump->now = pump->upstream->ops->now(pump->upstream);
	pump->spool_after = pump->now;
	take_records(pump);
	pump->withdraw_at = pump->now;
	withdraw_late(pump);
	store_dead_letters(pump);
	pump_measure(pump); /* the last one */
}

bool
pump_idle(const struct pump *pump)
{
	return pump->accounting.counts.waiting == 0 &&
	       pump->accounting.counts.in_flight == 0 &&
	       pump->spool_after.ns <= pump->now.ns;
}

struct accounting_counts
pump_counts(const struct pump *pump)
{
	return pump->accounting.counts;
}
