#include "gateway/scheduler/response_policy.h"

#include <stdlib.h>

#include "gateway/base/log.h"
#include "gateway/scheduler/backoff.h"
#include "gateway/scheduler/lane.h"
#include "gateway/scheduler/response_class.h"

/* 401 again with a renewed token, while others are served with it. */
#define RENEWALS_MOST 2

/* Lanes that are refused while nobody is served: it is the credential. */
#define REFUSED_ALL 3

#define NAMED_MOST 10              /* lanes whose trouble is told, a minute */
#define TOLD_LEVEL 2               /* failures in a row before it is news */
#define QUIET_NS   (60 * NS_PER_S) /* between two complaints of one kind */

/* A counter, well mixed: for chance, not for secrecy. */
uint32_t
response_policy_chance(struct response_policy *judge)
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
may_name(struct response_policy *judge)
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
tell_trouble(struct response_policy *judge, struct lane *lane, unsigned status,
    const struct response_class *verdict, int64_t wait_ns)
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
keep(struct response_policy *judge, struct batch *batch,
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
stop(struct response_policy *judge, struct lane *lane, unsigned status,
    const struct response_class *verdict, int64_t told_ns, uint32_t drawn)
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
again_later(struct response_policy *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *verdict,
    enum lane_event event)
{
	const struct backoff *backoff =
	    event == LANE_HOLD ? &backoff_hold : &backoff_later;
	int64_t told_ns = backoff_told_ns(answer->retry_after_ms);
	struct lane *lane = batch->lane;
	uint32_t drawn = response_policy_chance(judge);

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
on_delivered(struct response_policy *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *verdict)
{
	struct lane *lane = batch->lane;

	(void)answer;
	(void)verdict;
	judge->served++;
	judge->unauthorized = 0;
	table_absent(lane->table, false);

	/* Told before the batch's records go, and with them the table. */
	bisect_taken(lane, judge->now);
	if (lane_answered(lane, batch, has_pieces(lane) ? LANE_SPLIT : LANE_OK,
		judge->gate->calls))
		tell_flowing(lane);
	accounting_delivered(judge->ledger, batch, judge->now);
	batch_give(judge->pool, batch);
}

/* Our budget kept within the limit, so the numbers tell of somebody else. */
static void
tell_over_limit(struct response_policy *judge,
    const struct upstream_answer *answer, const struct response_class *verdict,
    struct instant opens)
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
on_pause(struct response_policy *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *verdict)
{
	int64_t told_ns = backoff_told_ns(answer->retry_after_ms);
	struct instant opens;

	if (told_ns == 0)
		told_ns = backoff_told_ns(answer->reset_ms);
	opens = breaker_pause(judge->gate, batch->call, told_ns,
	    response_policy_chance(judge), judge->now);
	rate_control_over_limit(judge->pace, opens, judge->now);
	judge->pauses++;
	if (judge->now.ns >= judge->quiet_until.ns)
		tell_over_limit(judge, answer, verdict, opens);
	keep(judge, batch, lane_retry_first, 0);
}

static void
lock(struct response_policy *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *verdict)
{
	struct breaker *gate = judge->gate;

	if (breaker_lock(
		gate, batch->call, response_policy_chance(judge), judge->now))
		log_event(LOG_ERROR, "credential_refused",
		    LOG_INT("status", answer->status),
		    LOG_INT("wait_ms",
			(gate->open_at.ns - judge->now.ns) / NS_PER_MS),
		    LOG_STR("advice", verdict->advice));
	keep(judge, batch, lane_retry_first, 0);
}

static void
on_later(struct response_policy *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *verdict)
{
	again_later(judge, batch, answer, verdict, LANE_LATER);
}

/*
 * Every one of the lane's batches would be: its events are kept, and the batch
 * goes first when it may, because it is as good as the others.
 */
static void
on_hold(struct response_policy *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *verdict)
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
on_locked(struct response_policy *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *verdict)
{
	static const struct response_class apart = { RESPONSE_CLASS_HOLD,
		"credential",
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
on_split(struct response_policy *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *verdict)
{
	static const struct response_class wrong = { RESPONSE_CLASS_HOLD,
		"refused",
		"the upstream refuses all of this table's events, one by one: "
		"check the table's id and its schema upstream; they are kept" };
	struct lane *lane = batch->lane;

	if (batch->part_count == 0) {
		batch_give(judge->pool, batch);
		return;
	}
	switch (bisect_refused(
	    &judge->sieve, batch, answer, verdict->word, judge->now)) {
	case BISECT_SPLIT:
		lane_answered(lane, batch, LANE_SPLIT, judge->gate->calls);
		break;
	case BISECT_SUSPECTED:
	case BISECT_GUILTY:
		lane_answered(lane, batch,
		    has_pieces(lane) ? LANE_SPLIT : LANE_OK,
		    judge->gate->calls);
		break;
	case BISECT_WRONG:
		on_hold(judge, batch, answer, &wrong);
		break;
	case BISECT_NO_MEMORY:
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
on_renew(struct response_policy *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *verdict)
{
	struct lane *lane = batch->lane;

	if (lane->unauthorized >= RENEWALS_MOST) {
		on_locked(judge, batch, answer, verdict);
		return;
	}
	if (lane_answered(lane, batch, LANE_LATER, judge->gate->calls)) {
		lane->reason = verdict->word;
		lane->until.ns =
		    judge->now.ns + backoff_ns(&backoff_later,
					++lane->unauthorized,
					response_policy_chance(judge));
	}
	keep(judge, batch, lane_retry_first, 0);
}

static void (*const acts[RESPONSE_CLASS_KINDS])(struct response_policy *,
    struct batch *, const struct upstream_answer *,
    const struct response_class *) = {
	[RESPONSE_CLASS_DELIVERED] = on_delivered,
	[RESPONSE_CLASS_RENEW] = on_renew,
	[RESPONSE_CLASS_LATER] = on_later,
	[RESPONSE_CLASS_PAUSE] = on_pause,
	[RESPONSE_CLASS_SPLIT] = on_split,
	[RESPONSE_CLASS_HOLD] = on_hold,
	[RESPONSE_CLASS_LOCKED] = on_locked,
};

/* These answers come only to a caller whom the upstream lets in. */
static const bool opens_gate[RESPONSE_CLASS_KINDS] = {
	[RESPONSE_CLASS_DELIVERED] = true,
	[RESPONSE_CLASS_LATER] = true,
	[RESPONSE_CLASS_SPLIT] = true,
	[RESPONSE_CLASS_HOLD] = true,
};

static const enum upstream_stats_again again[RESPONSE_CLASS_KINDS] = {
	[RESPONSE_CLASS_RENEW] = UPSTREAM_STATS_AGAIN_RENEWED,
	[RESPONSE_CLASS_LATER] = UPSTREAM_STATS_AGAIN_LATER,
	[RESPONSE_CLASS_SPLIT] = UPSTREAM_STATS_AGAIN_SPLIT,
	[RESPONSE_CLASS_PAUSE] = UPSTREAM_STATS_AGAIN_OVER_LIMIT,
	[RESPONSE_CLASS_HOLD] = UPSTREAM_STATS_AGAIN_REFUSED,
	[RESPONSE_CLASS_LOCKED] = UPSTREAM_STATS_AGAIN_CREDENTIAL,
};

/* For the accounts: should it come to that. */
static enum upstream_stats_again
again_because(
    const struct upstream_answer *answer, const struct response_class *verdict)
{
	return answer->end == UPSTREAM_UNREACHED
		   ? UPSTREAM_STATS_AGAIN_UNREACHED
	       : answer->end == UPSTREAM_UNKNOWN ? UPSTREAM_STATS_AGAIN_UNKNOWN
						 : again[verdict->kind];
}

static void
tell_buried(struct response_policy *judge, struct lane *lane, uint32_t buried)
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
tell_unsure(struct response_policy *judge, struct lane *lane)
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
hold_unburied(struct response_policy *judge, struct lane *lane)
{
	static const struct response_class nowhere = { RESPONSE_CLASS_HOLD,
		"no_dead_letters",
		"an event is refused and there is no room for it among the "
		"dead letters: see dead_letters in the configuration" };

	judge->why = NULL;
	if (lane_move(lane, LANE_HOLD, judge->gate->calls))
		stop(
		    judge, lane, 0, &nowhere, 0, response_policy_chance(judge));
}

void
response_policy_settle(
    struct response_policy *judge, struct lane *lane, struct instant now)
{
	bool stays_out = false, was_unsure = lane->unsure;

	judge->now = now;
	tell_buried(
	    judge, lane, bisect_settle(&judge->sieve, lane, now, &stays_out));
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
	return upstream_stats_dead_by(batch->refusal->word) ==
	       UPSTREAM_STATS_DEAD_EXPIRED;
}

void
response_policy_buried(
    struct response_policy *judge, struct batch *batch, struct instant now)
{
	judge->now = now;
	/* Told before the batch's records go, and with them the table. */
	if (!is_expired(batch))
		tell_buried(judge, batch->lane, batch->events);
	accounting_buried(judge->ledger, batch, now);
	batch_give(judge->pool, batch);
}

/* What has expired is sent meanwhile: the upstream may still want it. */
void
response_policy_unburied(
    struct response_policy *judge, struct batch *batch, struct instant now)
{
	judge->now = now;
	if (!is_expired(batch)) {
		bisect_stays(batch, now);
		hold_unburied(judge, batch->lane);
		return;
	}
	free(batch->refusal);
	batch->refusal = NULL;
	batch->due = now;
	lane_retry(batch->lane, batch);
}

void
response_policy_answer(struct response_policy *judge, struct batch *batch,
    const struct upstream_answer *answer, struct bisect_time at)
{
	const struct response_class *verdict = response_class_of(answer);
	struct lane *lane = batch->lane;

	judge->now = at.now;
	judge->wall_ms = at.wall_ms;
	judge->why = answer->end == UPSTREAM_ANSWERED ? NULL : answer->why;
	batch->again = again_because(answer, verdict);
	if (answer->end == UPSTREAM_ANSWERED && opens_gate[verdict->kind])
		breaker_good(judge->gate, batch->call);
	if (verdict->kind != RESPONSE_CLASS_RENEW &&
	    verdict->kind != RESPONSE_CLASS_LOCKED)
		lane->unauthorized = 0;
	if (verdict->kind != RESPONSE_CLASS_DELIVERED)
		accounting_failed(judge->ledger, batch, at.now);
	acts[verdict->kind](judge, batch, answer, verdict);
	response_policy_settle(judge, lane, at.now);
}
