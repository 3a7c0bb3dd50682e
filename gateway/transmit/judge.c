#include "gateway/transmit/judge.h"

#include "gateway/log.h"
#include "gateway/transmit/backoff.h"
#include "gateway/transmit/lane.h"
#include "gateway/transmit/verdict.h"

/* 401 again with a renewed token, while others are served with it. */
#define RENEWALS_MOST 2

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
 * Of a lane that moved or failed once more; once a minute, or a table whose
 * every other call fails would fill the log.  One failure that passes is no
 * news, a refusal always is.
 */
static void
tell_trouble(struct judge *judge, struct lane *lane, enum lane_event event,
    const struct upstream_answer *answer, const struct verdict *verdict,
    int64_t wait_ns)
{
	bool answered = answer->end == UPSTREAM_ANSWERED;
	bool newly_held = lane->state == LANE_HELD && lane->level == 1;

	if (event == LANE_LATER && lane->level < TOLD_LEVEL)
		return;
	if (judge->now.ns < lane->quiet_until.ns && !newly_held)
		return;
	lane->quiet_until.ns = judge->now.ns + QUIET_NS;
	if (!may_name(judge))
		return;
	lane->told = true;
	log_event(LOG_WARN,
	    lane->state == LANE_HELD ? "lane_held"
	    : event == LANE_REFUSED  ? "batch_refused"
				     : "lane_waiting",
	    LOG_STR("table", lane->table->options.name),
	    LOG_INT("status", answered ? answer->status : 0),
	    LOG_STR("why", answered ? "answered" : answer->why),
	    LOG_INT("failures", lane->level),
	    LOG_INT("wait_ms", wait_ns / NS_PER_MS),
	    LOG_STR("advice", verdict->advice));
}

static void
tell_flowing(struct lane *lane)
{
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

/* The batch goes again after a wait, and so does its lane if this is news. */
static void
again_later(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict,
    enum lane_event event)
{
	const struct backoff *backoff =
	    event == LANE_REFUSED ? &backoff_hold : &backoff_later;
	int64_t told_ns = backoff_told_ns(answer->retry_after_ms), wait_ns;
	struct lane *lane = batch->lane;
	uint32_t drawn = judge_chance(judge);

	if (lane_answered(lane, batch, event, judge->gate->calls)) {
		wait_ns = wait_of(told_ns,
		    lane->state == LANE_HELD ? &backoff_hold : &backoff_later,
		    lane->level, drawn);
		lane->until.ns = judge->now.ns + wait_ns;
		tell_trouble(judge, lane, event, answer, verdict, wait_ns);
	} else if (lane->until.ns < judge->now.ns + told_ns) {
		lane->until.ns = judge->now.ns + told_ns;
	}
	batch->attempts++;
	keep(judge, batch, lane_retry,
	    wait_of(told_ns, backoff, batch->attempts, drawn));
}

static void
on_delivered(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	struct lane *lane = batch->lane;

	(void)answer;
	(void)verdict;

	/* Told before the batch's records go, and with them the table. */
	if (lane_answered(lane, batch, LANE_OK, judge->gate->calls))
		tell_flowing(lane);
	ledger_delivered(judge->ledger, batch, judge->now);
	batch_give(judge->pool, batch);
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
	judge->pauses++;
	if (judge->now.ns >= judge->quiet_until.ns) {
		judge->quiet_until.ns = judge->now.ns + QUIET_NS;
		log_event(LOG_WARN, "sending_paused",
		    LOG_INT("status", answer->status),
		    LOG_INT("wait_ms", (opens.ns - judge->now.ns) / NS_PER_MS),
		    LOG_INT("answers", judge->pauses),
		    LOG_STR("advice", verdict->advice));
		judge->pauses = 0;
	}
	keep(judge, batch, lane_retry_first, 0);
}

static void
on_locked(struct judge *judge, struct batch *batch,
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

static void
on_hold(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	again_later(judge, batch, answer, verdict, LANE_REFUSED);
}

/*
 * A table that is refused with every token, while other tables are served
 * with the same: not the credential, and no reason to renew it for ever.
 */
static void
on_renew(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, const struct verdict *verdict)
{
	static const struct verdict refused = { VERDICT_HOLD,
		"this table is refused with every token: give the gateway's "
		"client the role ManageStreams for it; its events are kept" };

	(void)verdict;
	if (batch->renewals++ < RENEWALS_MOST)
		keep(judge, batch, lane_retry_first, 0);
	else
		on_hold(judge, batch, answer, &refused);
}

static void (*const acts[VERDICT_KINDS])(struct judge *, struct batch *,
    const struct upstream_answer *, const struct verdict *) = {
	[VERDICT_DELIVERED] = on_delivered,
	[VERDICT_RENEW] = on_renew,
	[VERDICT_LATER] = on_later,
	[VERDICT_PAUSE] = on_pause,
	[VERDICT_HOLD] = on_hold,
	[VERDICT_LOCKED] = on_locked,
};

/* These answers come only to a caller whom the upstream lets in. */
static const bool opens_gate[VERDICT_KINDS] = {
	[VERDICT_DELIVERED] = true,
	[VERDICT_LATER] = true,
	[VERDICT_HOLD] = true,
};

static const enum books_again again[VERDICT_KINDS] = {
	[VERDICT_RENEW] = BOOKS_AGAIN_RENEWED,
	[VERDICT_LATER] = BOOKS_AGAIN_LATER,
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

void
judge_answer(struct judge *judge, struct batch *batch,
    const struct upstream_answer *answer, struct instant now)
{
	const struct verdict *verdict = verdict_of(answer);

	judge->now = now;
	batch->again = again_because(answer, verdict);
	if (answer->end == UPSTREAM_ANSWERED && opens_gate[verdict->kind])
		gate_good(judge->gate, batch->call);
	if (verdict->kind != VERDICT_RENEW)
		batch->renewals = 0;
	if (verdict->kind != VERDICT_DELIVERED)
		ledger_failed(judge->ledger, batch, now);
	acts[verdict->kind](judge, batch, answer, verdict);
}
