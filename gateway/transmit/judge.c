#include "gateway/transmit/judge.h"

#include <stdlib.h>

#include "gateway/log.h"
#include "gateway/transmit/backoff.h"
#include "gateway/transmit/lane.h"
#include "gateway/transmit/verdict.h"

/* 401 again with a renewed token, while others are served with it. */
#define RENEWALS_MOST 2

/* Lanes that are refused while nobody is served: it is the credential. */
#define REFUSED_ALL 3

#define NAMED_MOST 10              /* lanes whose trouble is told, a minute */
#define TOLD_LEVEL 2               /* failures in a row before it is news */
#define QUIET_NS   (60 * NS_PER_S) /* between two complaints of one kind */

/* A counter, well mixed: for chance, not for secrecy. */
uint32_t
judge_chance(struct judge *judge)
{
	uint64_t x = judge->random += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(x >> 32);
}

/*
 * An outage is one trouble, however many tables it meets: the first few are
 * named, the others counted.
 */
static bool
may_name(struct judge *judge)
{
	if (judge->told == 0 ||
	    judge->now.ns - judge->told_since.ns >= QUIET_NS) {
		if (judge->untold > 0)
			log_event(LOG_WARN, "more_lanes_in_trouble",
			    LOG_INT("complaints", judge->untold),
			    LOG_STR("advice",
				"so many more were left away in the last "
				"minute; the status page shows all lanes"));
		judge->told_since = judge->now;
		judge->told = 0;
		judge->untold = 0;
	}
	if (judge->told == NAMED_MOST) {
		judge->untold++;
		return false;
	}
	judge->told++;
	return true;
}

/*
 * Of a lane that stopped or failed once more; once a minute, or a table whose
 * every other call fails would fill the log.  One failure that passes is no
 * news, a refusal always is.
 */
static void
tell_trouble(struct judge *judge, struct lane *lane, unsigned status,
    const struct verdict *verdict, int64_t wait_ns)
{
	bool newly_held =
	    lane->state == LANE_HELD && lane->reason != verdict->word;

	if (lane->state == LANE_WAITING && lane->level < TOLD_LEVEL)
		return;
	if (judge->now.ns < lane->quiet_until.ns && !newly_held)
		return;
	lane->quiet_until.ns = judge->now.ns + QUIET_NS;
	if (!may_name(judge))
		return;
	lane->told = true;
	log_event(LOG_WARN,
	    lane->state == LANE_HELD ? "lane_held" : "lane_waiting",
	    LOG_STR("table", lane->table->options.name),
	    LOG_STR("reason", verdict->word), LOG_INT("status", status),
	    LOG_STR("cause", judge->why != NULL ? judge->why : "answered"),
	    LOG_INT("failures", lane->level),
	    LOG_INT("wait_ms", wait_ns / NS_PER_MS),
	    LOG_STR("advice", verdict->advice));
}

static void
tell_flowing(struct lane *lane)
{
	lane->reason = NULL;
	if (!lane->told)
		return;
	lane->told = false;
	log_event(LOG_INFO, "lane_flowing",
	    LOG_STR("table", lane->table->options.name));
}

/* Unless all of it was withdrawn meanwhile. */
static void
keep(struct judge *judge, struct batch *batch,
    void (*put)(struct lane *, struct batch *), int64_t wait_ns)
{
	if (batch->part_count == 0) {
		batch_give(judge->pool, batch);
		return;
	}
	batch->due.ns = judge->now.ns + wait_ns;
	put(batch->lane, batch);
}

static int64_t
wait_of(int64_t told_ns, const struct backoff *backoff, uint32_t attempt,
    uint32_t drawn)
{
	return told_ns > 0 ? told_ns : backoff_ns(backoff, attempt, drawn);
}

/* The lane stopped, or failed once more. */
static void
stop(struct judge *judge, struct lane *lane, unsigned status,
    const struct verdict *verdict, int64_t told_ns, uint32_t drawn)
{
	int64_t wait_ns = wait_of(told_ns,
	    lane->state == LANE_HELD ? &backoff_hold : &backoff_later,
	    lane->level, drawn);

	lane->until.ns = judge->now.ns + wait_ns;
	tell_trouble(judge, lane, status, verdict, wait_ns);
	lane->reason = verdict->word;
}

/* The batch goes again after a wait, and so does its lane if this is news. */
static void
again_later(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict,
    enum lane_event event)
{
	const struct backoff *backoff =
	    event == LANE_HOLD ? &backoff_hold : &backoff_later;
	int64_t told_ns = backoff_told_ns(answer->retry_after_ms);
	struct lane *lane = batch->lane;
	uint32_t drawn = judge_chance(judge);

	if (lane_answered(lane, batch, event, judge->gate->calls))
		stop(judge, lane, answer->status, verdict, told_ns, drawn);
	else if (lane->until.ns < judge->now.ns + told_ns)
		lane->until.ns = judge->now.ns + told_ns;
	batch->attempts++;
	keep(judge, batch, lane_retry,
	    wait_of(told_ns, backoff, batch->attempts, drawn));
}

static bool
has_pieces(const struct lane *lane)
{
	return lane->kept[LANE_PIECES].first != NULL ||
	       lane->pieces_in_flight > 0;
}

static void
on_delivered(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	struct lane *lane = batch->lane;

	(void)answer;
	(void)verdict;
	judge->served++;
	judge->unauthorized = 0;
	table_absent(lane->table, false);

	/* Told before the batch's records go, and with them the table. */
	sieve_taken(lane, judge->now);
	if (lane_answered(lane, batch, has_pieces(lane) ? LANE_SPLIT : LANE_OK,
		judge->gate->calls))
		tell_flowing(lane);
	ledger_delivered(judge->ledger, batch, judge->now);
	batch_give(judge->pool, batch);
}

/* Our budget kept within the limit, so the numbers tell of somebody else. */
static void
tell_over_limit(struct judge *judge, const struct upstream_answer *answer,
    const struct verdict *verdict, struct instant opens)
{
	struct budget_view view =
	    budget_view(judge->pace->budget, judge->wall_ms);

	judge->quiet_until.ns = judge->now.ns + QUIET_NS;
	log_event(LOG_WARN, "sending_paused", LOG_INT("status", answer->status),
	    LOG_INT("wait_ms", (opens.ns - judge->now.ns) / NS_PER_MS),
	    LOG_INT("answers", judge->pauses),
	    LOG_INT("over_limit_so_far", (int64_t)judge->pace->over_limit),
	    LOG_INT("our_calls_this_minute",
		(int64_t)(view.limit - view.remaining)),
	    LOG_INT("our_limit", (int64_t)view.limit),
	    LOG_INT("upstream_says_remain", answer->remaining),
	    LOG_STR("advice", verdict->advice));
	judge->pauses = 0;
}

static void
on_pause(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	int64_t told_ns = backoff_told_ns(answer->retry_after_ms);
	struct instant opens;

	if (told_ns == 0)
		told_ns = backoff_told_ns(answer->reset_ms);
	opens = gate_pause(
	    judge->gate, batch->call, told_ns, judge_chance(judge), judge->now);
	pace_over_limit(judge->pace, opens, judge->now);
	judge->pauses++;
	if (judge->now.ns >= judge->quiet_until.ns)
		tell_over_limit(judge, answer, verdict, opens);
	keep(judge, batch, lane_retry_first, 0);
}

static void
lock(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	struct gate *gate = judge->gate;

	if (gate_lock(gate, batch->call, judge_chance(judge), judge->now))
		log_event(LOG_ERROR, "credential_refused",
		    LOG_INT("status", answer->status),
		    LOG_INT("wait_ms",
			(gate->open_at.ns - judge->now.ns) / NS_PER_MS),
		    LOG_STR("advice", verdict->advice));
	keep(judge, batch, lane_retry_first, 0);
}

static void
on_later(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	again_later(judge, batch, answer, verdict, LANE_LATER);
}

/*
 * Every one of the lane's batches would be: its events are kept, and the batch
 * goes first when it may, because it is as good as the others.
 */
static void
on_hold(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	struct lane *lane = batch->lane;

	if (answer->status == 404 && !lane->any_ok)
		table_absent(lane->table, true);
	again_later(judge, batch, answer, verdict, LANE_HOLD);
}

/*
 * A table may be refused with every credential, while others are served with
 * the same: it is held by itself.  When several are and nobody is served it is
 * the credential.
 */
static void
on_locked(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	static const struct verdict apart = { VERDICT_HOLD, "credential",
		"the upstream refuses our credential for this table: give its "
		"client the role ManageStreams for it, or, if no table is "
		"served, check upstream.credentials; its events are kept" };
	struct lane *lane = batch->lane;

	if (lane->refused_at != judge->served + 1)
		judge->unauthorized++;
	lane->refused_at = judge->served + 1;
	lane->unauthorized++;
	if (judge->gate->on_trial || judge->unauthorized >= REFUSED_ALL)
		lock(judge, batch, answer, verdict);
	else
		on_hold(judge, batch, answer, &apart);
}

static void
on_split(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	static const struct verdict wrong = { VERDICT_HOLD, "refused",
		"the upstream refuses all of this table's events, one by one: "
		"check the table's id and its schema upstream; they are kept" };
	struct lane *lane = batch->lane;

	if (batch->part_count == 0) {
		batch_give(judge->pool, batch);
		return;
	}
	switch (sieve_refused(
	    &judge->sieve, batch, answer, verdict->word, judge->now)) {
	case SIEVE_SPLIT:
		lane_answered(lane, batch, LANE_SPLIT, judge->gate->calls);
		break;
	case SIEVE_SUSPECTED:
	case SIEVE_GUILTY:
		lane_answered(lane, batch,
		    has_pieces(lane) ? LANE_SPLIT : LANE_OK,
		    judge->gate->calls);
		break;
	case SIEVE_WRONG:
		on_hold(judge, batch, answer, &wrong);
		break;
	case SIEVE_NO_MEMORY:
		on_later(judge, batch, answer, verdict);
		break;
	}
}

/*
 * Again with the next token; but a table that is refused with every token while
 * others are served with the same is no reason to renew it for ever.  The old
 * token may still serve others: the lane waits a moment, not to run into it.
 */
static void
on_renew(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	struct lane *lane = batch->lane;

	if (lane->unauthorized >= RENEWALS_MOST) {
		on_locked(judge, batch, answer, verdict);
		return;
	}
	if (lane_answered(lane, batch, LANE_LATER, judge->gate->calls)) {
		lane->reason = verdict->word;
		lane->until.ns = judge->now.ns + backoff_ns(&backoff_later,
						     ++lane->unauthorized,
						     judge_chance(judge));
	}
	keep(judge, batch, lane_retry_first, 0);
}

static void (*const acts[VERDICT_KINDS])(struct judge *, struct batch *,
    const struct upstream_answer *, const struct verdict *) = {
	[VERDICT_DELIVERED] = on_delivered,
	[VERDICT_RENEW] = on_renew,
	[VERDICT_LATER] = on_later,
	[VERDICT_PAUSE] = on_pause,
	[VERDICT_SPLIT] = on_split,
	[VERDICT_HOLD] = on_hold,
	[VERDICT_LOCKED] = on_locked,
};

/* These answers come only to a caller whom the upstream lets in. */
static const bool opens_gate[VERDICT_KINDS] = {
	[VERDICT_DELIVERED] = true,
	[VERDICT_LATER] = true,
	[VERDICT_SPLIT] = true,
	[VERDICT_HOLD] = true,
};

static const enum books_again again[VERDICT_KINDS] = {
	[VERDICT_RENEW] = BOOKS_AGAIN_RENEWED,
	[VERDICT_LATER] = BOOKS_AGAIN_LATER,
	[VERDICT_SPLIT] = BOOKS_AGAIN_SPLIT,
	[VERDICT_PAUSE] = BOOKS_AGAIN_OVER_LIMIT,
	[VERDICT_HOLD] = BOOKS_AGAIN_REFUSED,
	[VERDICT_LOCKED] = BOOKS_AGAIN_CREDENTIAL,
};

/* For the accounts: should it come to that. */
static enum books_again
again_because(
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	return answer->end == UPSTREAM_UNREACHED ? BOOKS_AGAIN_UNREACHED
	       : answer->end == UPSTREAM_UNKNOWN ? BOOKS_AGAIN_UNKNOWN
						 : again[verdict->kind];
}

static void
tell_buried(struct judge *judge, struct lane *lane, uint32_t buried)
{
	lane->buried_untold += buried;
	if (lane->buried_untold == 0 || judge->now.ns < lane->buried_quiet.ns)
		return;
	lane->buried_quiet.ns = judge->now.ns + QUIET_NS;
	log_event(LOG_WARN, "events_refused",
	    LOG_STR("table", lane->table->options.name),
	    LOG_INT("events", (int64_t)lane->buried_untold),
	    LOG_STR("advice",
		"the upstream refused these events alone, while it took others "
		"of the table: `polaris-gateway dead-letter show DIR` has its "
		"answers, and dead-letter replay sends them again once what is "
		"wrong is mended"));
	lane->buried_untold = 0;
}

/* Its event stays in the spool, and nothing of the table says whose fault. */
static void
tell_unsure(struct judge *judge, struct lane *lane)
{
	if (judge->now.ns < lane->quiet_until.ns)
		return;
	lane->quiet_until.ns = judge->now.ns + QUIET_NS;
	log_event(LOG_WARN, "event_suspected",
	    LOG_STR("table", lane->table->options.name),
	    LOG_STR("advice",
		"the upstream refuses an event, and has taken no other of the "
		"table lately that would show whether the event or the table "
		"is at fault: it is kept and tried again; compare it with the "
		"table's schema"));
}

static void
hold_unburied(struct judge *judge, struct lane *lane)
{
	static const struct verdict nowhere = { VERDICT_HOLD, "no_dead_letters",
		"an event is refused and there is no room for it among the "
		"dead letters: see dead_letters in the configuration" };

	judge->why = NULL;
	if (lane_move(lane, LANE_HOLD, judge->gate->calls))
		stop(judge, lane, 0, &nowhere, 0, judge_chance(judge));
}

void
judge_settle(struct judge *judge, struct lane *lane, struct instant now)
{
	bool stays_out = false, was_unsure = lane->unsure;

	judge->now = now;
	tell_buried(
	    judge, lane, sieve_settle(&judge->sieve, lane, now, &stays_out));
	if (lane->unsure && !was_unsure)
		tell_unsure(judge, lane);
	if (stays_out)
		hold_unburied(judge, lane);
	if (lane->state == LANE_SPLITTING && !has_pieces(lane))
		lane_move(lane, LANE_WHOLE, judge->gate->calls);
}

static bool
is_expired(const struct batch *batch)
{
	return books_dead_by(batch->refusal->word) == BOOKS_DEAD_EXPIRED;
}

void
judge_buried(struct judge *judge, struct batch *batch, struct instant now)
{
	judge->now = now;
	/* Told before the batch's records go, and with them the table. */
	if (!is_expired(batch))
		tell_buried(judge, batch->lane, batch->events);
	ledger_buried(judge->ledger, batch, now);
	batch_give(judge->pool, batch);
}

/* What has expired is sent meanwhile: the upstream may still want it. */
void
judge_unburied(struct judge *judge, struct batch *batch, struct instant now)
{
	judge->now = now;
	if (!is_expired(batch)) {
		sieve_stays(batch, now);
		hold_unburied(judge, batch->lane);
		return;
	}
	free(batch->refusal);
	batch->refusal = NULL;
	batch->due = now;
	lane_retry(batch->lane, batch);
}

void
judge_answer(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, struct sieve_time at)
{
	const struct verdict *verdict = verdict_of(answer);
	struct lane *lane = batch->lane;

	judge->now = at.now;
	judge->wall_ms = at.wall_ms;
	judge->why = answer->end == UPSTREAM_ANSWERED ? NULL : answer->why;
	batch->again = again_because(answer, verdict);
	if (answer->end == UPSTREAM_ANSWERED && opens_gate[verdict->kind])
		gate_good(judge->gate, batch->call);
	if (verdict->kind != VERDICT_RENEW && verdict->kind != VERDICT_LOCKED)
		lane->unauthorized = 0;
	if (verdict->kind != VERDICT_DELIVERED)
		ledger_failed(judge->ledger, batch, at.now);
	acts[verdict->kind](judge, batch, answer, verdict);
	judge_settle(judge, lane, at.now);
}
