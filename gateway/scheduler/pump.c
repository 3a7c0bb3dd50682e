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
#include "gateway/scheduler/outage.h"
#include "gateway/scheduler/stats_snapshot.h"

#define ANSWERS 64 /* taken from the upstream at a time */

/*
 * After records came, the spool is left alone this long: at thousands of small
 * requests a second one wake-up serves many.  Nobody sees it beside a linger.
 */
#define REST_NS (2 * NS_PER_MS)

struct pump {
	struct pump_options options;
	struct upstream *upstream;
	struct upstream_stats *stats;
	struct accounting ledger;
	struct run_queue agenda;
	struct breaker gate;
	struct rate_control pace;
	struct outage outage;
	struct dead_letter_batch funeral;
	struct response_policy judge;
	struct dispatch dispatch;
	struct expiry aging;
	struct lane *lanes; /* by table index */
	struct batch_pool pool;
	struct instant now;  /* of this turn */
	struct instant rest; /* leave the spool alone until then */
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
	pump->ledger.spool = options->spool;
	pump->ledger.stats = pump->stats;
	pump->ledger.spool_counts = spool_is_durable(options->spool);
	pump->withdraw_at = INSTANT_NEVER;
	pump->pace = rate_control_make(
	    options->budget, pump->upstream->ops->now(pump->upstream));
	pump->funeral = (struct dead_letter_batch){
		.undertaker = options->undertaker,
		.ledger = &pump->ledger,
		.pool = &pump->pool,
	};
	pump->judge = (struct response_policy){
		.ledger = &pump->ledger,
		.gate = &pump->gate,
		.pace = &pump->pace,
		.pool = &pump->pool,
		.sieve = { &pump->ledger, &pump->pool, &pump->funeral },
		.random = options->seed,
	};
	pump->dispatch = (struct dispatch){
		.upstream = pump->upstream,
		.stats = pump->stats,
		.ledger = &pump->ledger,
		.agenda = &pump->agenda,
		.gate = &pump->gate,
		.pace = &pump->pace,
		.judge = &pump->judge,
		.pool = &pump->pool,
		.most = options->max_in_flight,
	};
	pump->aging = expiry_make(&pump->judge.sieve,
	    (struct bisect_time){ pump->upstream->ops->now(pump->upstream),
		pump->upstream->ops->wall_ms(pump->upstream) });
	pump->lanes = calloc(options->lanes + 1, sizeof *pump->lanes);
	if (!run_queue_init(&pump->agenda, options->lanes) ||
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

/* What is not settled stays with the spool. */
static void
drop_batch(struct pump *pump, struct batch *batch)
{
	accounting_leave(&pump->ledger, batch, pump->now);
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
		accounting_leave_uncut(&pump->ledger, r, pump->now);
	}
	for (; i < LANE_LISTS; i++)
		while ((b = lane->kept[i].first) != NULL) {
			batch_unlist(b);
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
	assert(accounting_first(&pump->ledger) == NULL); /* see pump_end */
	assert(pump->funeral.gathered.first == NULL);
	for (size_t i = 0; pump->lanes != NULL && i < pump->options.lanes; i++)
		drop_lane(pump, &pump->lanes[i]);
	while (dispatch->in_flight_count > 0)
		drop_batch(
		    pump, dispatch->in_flight[--dispatch->in_flight_count]);
	dispatch_fini(dispatch);
	batch_pool_fini(&pump->pool);
	run_queue_fini(&pump->agenda);
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

	if (pump->now.ns < pump->rest.ns)
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
		accounting_take(&pump->ledger, record);
		dispatch_place(&pump->dispatch, lane, pump->now);
		pump->rest.ns = pump->now.ns + REST_NS;
	}
}

static void
withdraw_late(struct pump *pump)
{
	struct record *record;
	struct lane *lane;

	while ((record = accounting_first(&pump->ledger)) != NULL &&
	       (record->completion->deadline.ns <= pump->now.ns ||
		   pump->withdraw_at.ns <= pump->now.ns)) {
		lane = lane_of(pump, record);
		if (record->cut_events < record->events)
			queue_remove(&lane->queue, record);
		accounting_withdraw(&pump->ledger, record, pump->now);
		response_policy_settle(&pump->judge, lane, pump->now);
	}
}

static void
come_back(struct pump *pump)
{
	struct lane *lane;

	while ((lane = outage_next(&pump->outage,
		    response_policy_chance(&pump->judge), pump->now)) != NULL)
		dispatch_place(&pump->dispatch, lane, pump->now);
}

static void
answered(struct pump *pump, const struct upstream_answer *answer)
{
	struct batch *batch = answer->cookie;
	struct lane *lane = batch->lane;

	dispatch_back(&pump->dispatch, batch, pump->now);
	stats_snapshot_answer(pump->stats, batch, answer, pump->now);
	expiry_answered(&pump->aging, answer, time_now(pump).wall_ms);
	rate_control_answered(
	    &pump->pace, answer, pump->dispatch.in_flight_count, pump->now);
	if (answer->end == UPSTREAM_ANSWERED &&
	    outage_ends(&pump->outage, batch->call))
		come_back(pump);
	response_policy_answer(&pump->judge, batch, answer, time_now(pump));
	if (answer->end == UPSTREAM_UNREACHED)
		outage_cut_off(&pump->outage, lane, pump->gate.calls);
	dispatch_place(&pump->dispatch, lane, pump->now);
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

/* Nothing grows old in flight. */
static void
look_for_old(struct pump *pump)
{
	struct lane *lane = pump->lanes, *end = lane + pump->options.lanes;

	if (pump->ledger.counts.waiting == 0 ||
	    !expiry_due(&pump->aging, time_now(pump)))
		return;
	for (; lane < end; lane++) {
		if (!expiry_look(&pump->aging, lane, time_now(pump)))
			continue;
		response_policy_settle(&pump->judge, lane, pump->now);
		dispatch_place(&pump->dispatch, lane, pump->now);
	}
}

/* What this turn wants to bury, with one sync; see dead_letter_batch.h. */
static void
bury(struct pump *pump)
{
	struct dead_letter_batch *funeral = &pump->funeral;
	bool all;
	struct batch *batch;

	if (!dead_letter_batch_hold(funeral, pump->now, time_now(pump).wall_ms))
		return;
	all = funeral->left.first == NULL;
	while ((batch = dead_letter_batch_next(&funeral->kept)) != NULL) {
		expiry_buried(&pump->aging, batch);
		response_policy_buried(&pump->judge, batch, pump->now);
	}
	while ((batch = dead_letter_batch_next(&funeral->left)) != NULL) {
		struct lane *lane = batch->lane;

		response_policy_unburied(&pump->judge, batch, pump->now);
		dispatch_place(&pump->dispatch, lane, pump->now);
	}
	expiry_held(&pump->aging, all, pump->now);
}

void
pump_account(struct pump *pump)
{
	const struct stats_snapshot report = {
		.stats = pump->stats,
		.lanes = pump->lanes,
		.lane_count = pump->options.lanes,
		.in_flight = pump->dispatch.in_flight,
		.in_flight_count = pump->dispatch.in_flight_count,
		.gate = &pump->gate,
		.aging = &pump->aging,
		.budget = pump->options.budget,
		.spool = pump->options.spool,
		.upstream = pump->upstream,
	};

	if (stats_snapshot_measure(&report, pump->now))
		registry_publish_stats(pump->options.registry);
}

void
pump_turn(struct pump *pump)
{
	pump->now = pump->upstream->ops->now(pump->upstream);
	take_records(pump);
	take_answers(pump);
	withdraw_late(pump);
	look_for_old(pump);
	bury(pump);
	run_queue_wake(&pump->agenda, pump->now);
	pump->now = dispatch_turn(&pump->dispatch, pump->now);
	bury(pump); /* a batch that was to be sent was withdrawn meanwhile */
	if (registry_stats_wanted(pump->options.registry))
		pump_account(pump);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void
pump_wait(struct pump *pump, int fd, struct instant latest)
{
	bool resting = pump->rest.ns > pump->now.ns;
	int fds[2] = { fd, spool_fd(pump->options.spool) };
	int64_t until = latest.ns;

	until = least(until, run_queue_next(&pump->agenda).ns);
	until = least(until, accounting_deadline(&pump->ledger).ns);
	if (accounting_first(&pump->ledger) != NULL)
		until = least(until, pump->withdraw_at.ns);
	if (resting)
		until = least(until, pump->rest.ns);
	if (pump->ledger.counts.waiting > 0)
		until = least(until, pump->aging.next.ns);
	until = least(until, dispatch_due(&pump->dispatch).ns);
	pump->upstream->ops->wait(
	    pump->upstream, fds, resting ? 1 : 2, (struct instant){ until });
}

void
pump_drain(struct pump *pump, struct instant withdraw_at)
{
	pump->withdraw_at = withdraw_at;
	pump->dispatch.draining = true;
	for (size_t i = 0; i < pump->options.lanes; i++)
		dispatch_place(&pump->dispatch, &pump->lanes[i], pump->now);
}

void
pump_end(struct pump *pump)
{
	pump->now = pump->upstream->ops->now(pump->upstream);
	pump->rest = pump->now;
	take_records(pump);
	pump->withdraw_at = pump->now;
	withdraw_late(pump);
	bury(pump);
	pump_account(pump); /* the last one */
}

bool
pump_idle(const struct pump *pump)
{
	return pump->ledger.counts.waiting == 0 &&
	       pump->ledger.counts.in_flight == 0 &&
	       pump->rest.ns <= pump->now.ns;
}

struct accounting_counts
pump_counts(const struct pump *pump)
{
	return pump->ledger.counts;
}
