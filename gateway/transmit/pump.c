#include "gateway/transmit/pump.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/labels.h"
#include "gateway/transmit/agenda.h"
#include "gateway/transmit/aging.h"
#include "gateway/transmit/funeral.h"
#include "gateway/transmit/gate.h"
#include "gateway/transmit/judge.h"
#include "gateway/transmit/outage.h"
#include "gateway/transmit/press.h"
#include "gateway/transmit/report.h"
#include "gateway/transmit/share.h"

#define ANSWERS 64 /* taken from the upstream at a time */

/*
 * After records came, the spool is left alone this long: at thousands of small
 * requests a second one wake-up serves many.  Nobody sees it beside a linger.
 */
#define REST_NS (2 * NS_PER_MS)

/* An answer within this time is no burden to other lanes. */
#define BRISK_NS (2 * NS_PER_S)

#define NO_MEMORY_WAIT_NS (100 * NS_PER_MS)

struct pump {
	struct pump_options options;
	struct upstream *upstream;
	struct books *books;
	struct ledger ledger;
	struct agenda agenda;
	struct gate gate;
	struct pace pace;
	struct share share;
	struct press press;
	struct outage outage;
	struct funeral funeral;
	struct judge judge;
	struct aging aging;
	struct lane *lanes; /* by table index */
	struct batch_pool pool;
	struct batch **flying;
	size_t flying_count;
	struct batch *spare;  /* for planning */
	struct instant now;   /* of this turn */
	struct instant rest;  /* leave the spool alone until then */
	struct instant paced; /* the budget says no until then */
	struct instant withdraw_at;
	bool draining;
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
	pump->books = account_books(options->account);
	pump->ledger.spool = options->spool;
	pump->ledger.books = pump->books;
	pump->ledger.spool_counts = spool_is_durable(options->spool);
	pump->withdraw_at = INSTANT_NEVER;
	pump->pace = pace_make(
	    options->budget, pump->upstream->ops->now(pump->upstream));
	pump->share = share_make(options->budget);
	pump->press = press_make(budget_view(options->budget, 0).limit);
	pump->funeral = (struct funeral){
		.undertaker = options->undertaker,
		.ledger = &pump->ledger,
		.pool = &pump->pool,
	};
	pump->judge = (struct judge){
		.ledger = &pump->ledger,
		.gate = &pump->gate,
		.pace = &pump->pace,
		.pool = &pump->pool,
		.sieve = { &pump->ledger, &pump->pool, &pump->funeral },
		.random = options->seed,
	};
	pump->aging = aging_make(&pump->judge.sieve,
	    (struct sieve_time){ pump->upstream->ops->now(pump->upstream),
		pump->upstream->ops->wall_ms(pump->upstream) });
	pump->lanes = calloc(options->lanes + 1, sizeof *pump->lanes);
	pump->flying = calloc(options->max_in_flight, sizeof(struct batch *));
	if (!agenda_init(&pump->agenda, options->lanes) ||
	    pump->lanes == NULL || pump->flying == NULL)
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
	ledger_leave(&pump->ledger, batch, pump->now);
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
		ledger_leave_uncut(&pump->ledger, r, pump->now);
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

	if (pump == NULL)
		return;
	assert(ledger_first(&pump->ledger) == NULL); /* see pump_end */
	assert(pump->funeral.gathered.first == NULL);
	for (size_t i = 0; pump->lanes != NULL && i < pump->options.lanes; i++)
		drop_lane(pump, &pump->lanes[i]);
	while (pump->flying_count > 0)
		drop_batch(pump, pump->flying[--pump->flying_count]);
	if (pump->spare != NULL)
		batch_give(&pump->pool, pump->spare);
	batch_pool_fini(&pump->pool);
	agenda_fini(&pump->agenda);
	free(pump->flying);
	free(pump->lanes);
	free(pump);
	*pump_at = NULL;
}

static void
place(struct pump *pump, struct lane *lane)
{
	lane->bursts = press_bursts(&pump->press, lane, pump->now);
	agenda_place(
	    &pump->agenda, lane, lane_due(lane, pump->draining), pump->now);
}

static struct lane *
lane_of(struct pump *pump, const struct record *record)
{
	return &pump->lanes[record->table->index];
}

static struct sieve_time
time_now(const struct pump *pump)
{
	return (struct sieve_time){ pump->now,
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
			record->producer_label = account_recall(
			    pump->options.account, record->producer);
		lane_add(lane, record, pump->now,
		    aging_old_ms(record->table, wall_ms));
		lane->books = books_of(pump->books, record->table);
		ledger_take(&pump->ledger, record);
		place(pump, lane);
		pump->rest.ns = pump->now.ns + REST_NS;
	}
}

static void
withdraw_late(struct pump *pump)
{
	struct record *record;
	struct lane *lane;

	while ((record = ledger_first(&pump->ledger)) != NULL &&
	       (record->ticket->deadline.ns <= pump->now.ns ||
		   pump->withdraw_at.ns <= pump->now.ns)) {
		lane = lane_of(pump, record);
		if (record->cut_events < record->events)
			queue_remove(&lane->queue, record);
		ledger_withdraw(&pump->ledger, record, pump->now);
		judge_settle(&pump->judge, lane, pump->now);
	}
}

static void
land(struct pump *pump, struct batch *batch)
{
	struct batch *last = pump->flying[--pump->flying_count];

	pump->flying[batch->slot] = last;
	last->slot = batch->slot;
	lane_back(batch->lane, batch);
	batch->lane->brisk = pump->now.ns - batch->sent.ns < BRISK_NS;
	gate_back(&pump->gate, batch->call);
}

static void
come_back(struct pump *pump)
{
	struct lane *lane;

	while ((lane = outage_next(&pump->outage, judge_chance(&pump->judge),
		    pump->now)) != NULL)
		place(pump, lane);
}

static void
answered(struct pump *pump, const struct upstream_answer *answer)
{
	struct batch *batch = answer->cookie;
	struct lane *lane = batch->lane;

	land(pump, batch);
	report_answer(pump->books, batch, answer, pump->now);
	aging_answered(&pump->aging, answer, time_now(pump).wall_ms);
	pace_answered(&pump->pace, answer, pump->flying_count, pump->now);
	if (answer->end == UPSTREAM_ANSWERED &&
	    outage_ends(&pump->outage, batch->call))
		come_back(pump);
	judge_answer(&pump->judge, batch, answer, time_now(pump));
	if (answer->end == UPSTREAM_UNREACHED)
		outage_cut_off(&pump->outage, lane, pump->gate.calls);
	place(pump, lane);
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

/*
 * While others wait, or would find less than a quarter of the places free, a
 * lane keeps to a quarter: one slow table must not hold them all.  So does one
 * whose answers are slow, or not known: who comes next would find its calls in
 * all places, and for long.
 */
static bool
crowds(const struct pump *pump, const struct lane *lane)
{
	size_t places = pump->options.max_in_flight, quarter = places / 4;

	if (lane->in_flight < (quarter > 0 ? quarter : 1))
		return false;
	return pump->agenda.ready != NULL || !lane->brisk ||
	       pump->flying_count >= places - quarter;
}

static bool
may_send(const struct pump *pump)
{
	return pump->flying_count < pump->options.max_in_flight &&
	       gate_opens(&pump->gate).ns <= pump->now.ns &&
	       pump->paced.ns <= pump->now.ns &&
	       pump->upstream->ops->ready(pump->upstream);
}

static void
submit(struct pump *pump, struct batch *batch)
{
	const struct upstream_call call = {
		.id = batch->lane->table->options.id,
		.table = batch->lane->serial,
		.apart = batch->lane->state == LANE_HELD &&
			 batch->lane->unauthorized > 0 && !pump->gate.on_trial,
		.body = batch->body,
		.bytes = batch->bytes,
		.events = batch->events,
		.cookie = batch,
	};

	report_call(pump->books, batch, pump->draining);
	press_sent(&pump->press, batch, pump->now);
	batch->slot = pump->flying_count;
	batch->sent = pump->now;
	pump->flying[pump->flying_count++] = batch;
	batch->call = gate_call(&pump->gate);
	ledger_sent(&pump->ledger, batch);
	pump->upstream->ops->submit(pump->upstream, &call);
}

/* What the lane would send now, without what was withdrawn since. */
static struct batch *
pick(struct pump *pump, struct lane *lane, bool *oom_out)
{
	struct batch *batch;

	for (;;) {
		batch = lane_pick(
		    lane, pump->spare, pump->now, pump->draining, oom_out);
		if (batch == NULL || batch == pump->spare)
			return batch;
		ledger_purge(&pump->ledger, batch, pump->now);
		if (batch->part_count > 0)
			return lane_trim(batch, &pump->pool);
		batch_unlist(batch);
		batch_give(&pump->pool, batch);
		judge_settle(&pump->judge, lane, pump->now);
	}
}

static bool
pace(struct pump *pump, int64_t wait_ns)
{
	if (wait_ns > 0)
		pump->paced.ns = pump->now.ns + wait_ns;
	return wait_ns == 0;
}

/* A probe too many waits, and its lane with it. */
static bool
may_probe(struct pump *pump, struct lane *lane)
{
	int64_t wait_ns;

	if (lane->state != LANE_HELD)
		return true;
	wait_ns = pace_spend_probe(&pump->pace, pump->now);
	if (wait_ns > 0)
		lane->until.ns = pump->now.ns + wait_ns;
	return wait_ns == 0;
}

/* What the lane would send, and can pay for while others want to send too. */
static struct batch *
choose(struct pump *pump, struct lane *lane, bool alone, bool *oom_out)
{
	struct batch *batch;

	if (!alone && !share_visit(&pump->share, lane, pump->agenda.ready))
		return NULL;
	lane->bursts = press_bursts(&pump->press, lane, pump->now);
	batch = pick(pump, lane, oom_out);
	if (batch == NULL)
		return NULL;
	if ((alone || share_covers(&pump->share, lane, batch->bytes)) &&
	    may_probe(pump, lane))
		return batch;
	batch_reset(pump->spare);
	return NULL;
}

/* One turn of a lane: one call, or none.  False: all must wait. */
static bool
serve(struct pump *pump, struct lane *lane)
{
	int64_t wall_ms = pump->upstream->ops->wall_ms(pump->upstream);
	bool alone = pump->agenda.ready == NULL, oom = false;
	struct batch *batch = choose(pump, lane, alone, &oom);
	int64_t wait_ns;

	if (batch == NULL)
		return pace(pump, oom ? NO_MEMORY_WAIT_NS : 0);
	books_turn_minute(pump->books, wall_ms);
	wait_ns = pace_spend(&pump->pace, batch->bytes, pump->now, wall_ms);
	pump->books->budget_wait_us += (uint64_t)(wait_ns / 1000);
	if (!pace(pump, wait_ns)) {
		share_interrupt(lane);
		return false;
	}
	if (!lane_send(lane, batch))
		return pace(pump, NO_MEMORY_WAIT_NS);
	share_pay(&pump->share, lane, batch->bytes);
	if (batch == pump->spare)
		pump->spare = NULL;
	submit(pump, batch);
	return true;
}

/* Its turn goes on, or it is over, or it has no more to send. */
static void
place_again(struct pump *pump, struct lane *lane)
{
	struct instant due = lane_due(lane, pump->draining);

	if (due.ns > pump->now.ns)
		share_forget(&pump->share, lane);
	if (due.ns <= pump->now.ns && lane->in_turn)
		agenda_untake(&pump->agenda, lane);
	else
		agenda_place(&pump->agenda, lane, due, pump->now);
}

static void
send_batches(struct pump *pump)
{
	struct lane *lane;

	agenda_recall(&pump->agenda);
	while (may_send(pump) && (lane = agenda_take(&pump->agenda)) != NULL) {
		if (crowds(pump, lane)) {
			agenda_put_aside(&pump->agenda, lane);
			continue;
		}
		if (pump->spare == NULL)
			pump->spare = batch_take(&pump->pool);
		if (pump->spare == NULL || !serve(pump, lane)) {
			agenda_untake(&pump->agenda, lane);
			break;
		}
		place_again(pump, lane);
		pump->now = pump->upstream->ops->now(pump->upstream);
	}
	if (pump->spare != NULL)
		batch_reset(pump->spare);
}

/* Nothing grows old in flight. */
static void
look_for_old(struct pump *pump)
{
	struct lane *lane = pump->lanes, *end = lane + pump->options.lanes;

	if (pump->ledger.counts.waiting == 0 ||
	    !aging_due(&pump->aging, time_now(pump)))
		return;
	for (; lane < end; lane++) {
		if (!aging_look(&pump->aging, lane, time_now(pump)))
			continue;
		judge_settle(&pump->judge, lane, pump->now);
		place(pump, lane);
	}
}

/* What this turn wants to bury, with one sync; see funeral.h. */
static void
bury(struct pump *pump)
{
	struct funeral *funeral = &pump->funeral;
	bool all;
	struct batch *batch;

	if (!funeral_hold(funeral, pump->now, time_now(pump).wall_ms))
		return;
	all = funeral->left.first == NULL;
	while ((batch = funeral_next(&funeral->kept)) != NULL) {
		aging_buried(&pump->aging, batch);
		judge_buried(&pump->judge, batch, pump->now);
	}
	while ((batch = funeral_next(&funeral->left)) != NULL) {
		struct lane *lane = batch->lane;

		judge_unburied(&pump->judge, batch, pump->now);
		place(pump, lane);
	}
	aging_held(&pump->aging, all, pump->now);
}

void
pump_account(struct pump *pump)
{
	const struct report report = {
		.books = pump->books,
		.lanes = pump->lanes,
		.lane_count = pump->options.lanes,
		.flying = pump->flying,
		.flying_count = pump->flying_count,
		.gate = &pump->gate,
		.aging = &pump->aging,
		.budget = pump->options.budget,
		.spool = pump->options.spool,
		.upstream = pump->upstream,
	};

	if (report_measure(&report, pump->now))
		account_give(pump->options.account);
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
	agenda_wake(&pump->agenda, pump->now);
	send_batches(pump);
	bury(pump); /* a batch that was to be sent was withdrawn meanwhile */
	if (account_wanted(pump->options.account))
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
	int64_t until = latest.ns, sends;

	until = least(until, agenda_next(&pump->agenda).ns);
	until = least(until, ledger_deadline(&pump->ledger).ns);
	if (ledger_first(&pump->ledger) != NULL)
		until = least(until, pump->withdraw_at.ns);
	if (resting)
		until = least(until, pump->rest.ns);
	if (pump->ledger.counts.waiting > 0)
		until = least(until, pump->aging.next.ns);
	if (pump->agenda.ready != NULL &&
	    pump->flying_count < pump->options.max_in_flight &&
	    pump->upstream->ops->ready(pump->upstream)) {
		sends = gate_opens(&pump->gate).ns;
		until = least(
		    until, sends > pump->paced.ns ? sends : pump->paced.ns);
	}
	pump->upstream->ops->wait(
	    pump->upstream, fds, resting ? 1 : 2, (struct instant){ until });
}

void
pump_drain(struct pump *pump, struct instant withdraw_at)
{
	pump->withdraw_at = withdraw_at;
	pump->draining = true;
	for (size_t i = 0; i < pump->options.lanes; i++)
		place(pump, &pump->lanes[i]);
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

struct ledger_counts
pump_counts(const struct pump *pump)
{
	return pump->ledger.counts;
}

uint64_t
pump_calls(const struct pump *pump)
{
	return pump->gate.calls;
}
