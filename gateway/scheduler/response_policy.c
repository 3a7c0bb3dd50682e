#include "gateway/scheduler/response_policy.h"

#include <stdlib.h>

#include "gateway/base/log.h"
#include "gateway/scheduler/backoff.h"
#include "gateway/scheduler/lane.h"
#include "gateway/scheduler/response_class.h"

/* Renewals for a lane that gets 401 while others are served. */
#define RENEWALS_MAX 2

/* So many lanes refused and nobody served: it is the credential. */
#define REFUSED_ALL 3

#define LOGGED_MAX      10 /* lanes with trouble that are logged, a minute */
#define LOGGED_FAILURES 2  /* failures in a row before they are logged */
#define QUIET_NS        (60 * NS_PER_S) /* between two lines of one kind */

uint32_t
response_policy_jitter(struct response_policy *policy)
{
	return (uint32_t)(rng_next(&policy->rng) >> 32);
}

/*
 * An outage is one trouble, however many tables it meets: the first few lanes
 * are logged, the others counted.
 */
static bool
may_log(struct response_policy *policy)
{
	if (policy->logged_in_minute == 0 ||
	    policy->now.ns - policy->minute_start.ns >= QUIET_NS) {
		if (policy->suppressed > 0)
			log_event(LOG_WARN, "more_lanes_in_trouble",
			    LOG_INT("complaints", policy->suppressed),
			    LOG_STR("advice",
				"so many more lanes had trouble in the "
				"last minute and were not logged; see "
				"/status"));
		policy->minute_start = policy->now;
		policy->logged_in_minute = 0;
		policy->suppressed = 0;
	}
	if (policy->logged_in_minute == LOGGED_MAX) {
		policy->suppressed++;
		return false;
	}
	policy->logged_in_minute++;
	return true;
}

/*
 * Of a lane that stopped or failed once more; once a minute, or a table whose
 * every other call fails would fill the log.  A single failure that passes is
 * not logged, a refusal always is.
 */
static void
log_stopped(struct response_policy *policy, struct lane *lane, unsigned status,
    const struct response_class *class, int64_t wait_ns)
{
	bool newly_held =
	    lane->state == LANE_HELD && lane->reason != class->word;

	if (lane->state == LANE_WAITING && lane->failures < LOGGED_FAILURES)
		return;
	if (policy->now.ns < lane->quiet_until.ns && !newly_held)
		return;
	lane->quiet_until.ns = policy->now.ns + QUIET_NS;
	if (!may_log(policy))
		return;
	lane->logged = true;
	log_event(LOG_WARN,
	    lane->state == LANE_HELD ? "lane_held" : "lane_waiting",
	    LOG_STR("table", lane->table->options.name),
	    LOG_STR("reason", class->word), LOG_INT("status", status),
	    LOG_STR("cause", policy->why != NULL ? policy->why : "answered"),
	    LOG_INT("failures", lane->failures),
	    LOG_INT("wait_ms", wait_ns / NS_PER_MS),
	    LOG_STR("advice", class->advice));
}

static void
log_flowing(struct lane *lane)
{
	lane->reason = NULL;
	if (!lane->logged)
		return;
	lane->logged = false;
	log_event(LOG_INFO, "lane_flowing",
	    LOG_STR("table", lane->table->options.name));
}

/* To its lane, unless all of it was withdrawn meanwhile. */
static void
put_back(struct response_policy *policy, struct batch *batch,
    void (*to)(struct lane *, struct batch *), int64_t wait_ns)
{
	if (batch->part_count == 0) {
		batch_give(policy->pool, batch);
		return;
	}
	batch->due.ns = policy->now.ns + wait_ns;
	to(batch->lane, batch);
}

static int64_t
wait_of(int64_t named_ns, const struct backoff *backoff, uint32_t attempt,
    uint32_t drawn)
{
	return named_ns > 0 ? named_ns : backoff_ns(backoff, attempt, drawn);
}

/* The lane stopped, or failed once more. */
static void
stop(struct response_policy *policy, struct lane *lane, unsigned status,
    const struct response_class *class, int64_t named_ns, uint32_t drawn)
{
	int64_t wait_ns = wait_of(named_ns,
	    lane->state == LANE_HELD ? &backoff_hold : &backoff_later,
	    lane->failures, drawn);

	lane->until.ns = policy->now.ns + wait_ns;
	log_stopped(policy, lane, status, class, wait_ns);
	lane->reason = class->word;
}

/* The batch waits, and its lane too if that was not known yet. */
static void
again_later(struct response_policy *policy, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *class,
    enum lane_event event)
{
	const struct backoff *backoff =
	    event == LANE_HOLD ? &backoff_hold : &backoff_later;
	int64_t named_ns = backoff_named_ns(answer->retry_after_ms);
	struct lane *lane = batch->lane;
	uint32_t drawn = response_policy_jitter(policy);

	if (lane_answered(lane, batch, event, policy->breaker->calls))
		stop(policy, lane, answer->status, class, named_ns, drawn);
	else if (lane->until.ns < policy->now.ns + named_ns)
		lane->until.ns = policy->now.ns + named_ns;
	batch->attempts++;
	put_back(policy, batch, lane_retry,
	    wait_of(named_ns, backoff, batch->attempts, drawn));
}

static bool
has_pieces(const struct lane *lane)
{
	return lane->batches[LANE_PIECES].first != NULL ||
	       lane->pieces_in_flight > 0;
}

static void
on_delivered(struct response_policy *policy, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *class)
{
	struct lane *lane = batch->lane;

	(void)answer;
	(void)class;
	policy->served++;
	policy->unauthorized = 0;
	table_absent(lane->table, false);

	/* Logged before the records are freed, and the table with them. */
	bisect_delivered(lane, policy->now);
	if (lane_answered(lane, batch, has_pieces(lane) ? LANE_SPLIT : LANE_OK,
		policy->breaker->calls))
		log_flowing(lane);
	accounting_delivered(policy->accounting, batch, policy->now);
	batch_give(policy->pool, batch);
}

/* Our budget kept within the limit: the numbers show that others send too. */
static void
log_over_limit(struct response_policy *policy,
    const struct upstream_answer *answer, const struct response_class *class,
    struct instant opens)
{
	struct budget_view view =
	    budget_view(policy->rate->budget, policy->wall_ms);

	policy->quiet_until.ns = policy->now.ns + QUIET_NS;
	log_event(LOG_WARN, "sending_paused", LOG_INT("status", answer->status),
	    LOG_INT("wait_ms", (opens.ns - policy->now.ns) / NS_PER_MS),
	    LOG_INT("answers", policy->pauses),
	    LOG_INT("over_limit_so_far", (int64_t)policy->rate->over_limit),
	    LOG_INT("our_calls_this_minute",
		(int64_t)(view.limit - view.remaining)),
	    LOG_INT("our_limit", (int64_t)view.limit),
	    LOG_INT("upstream_says_remain", answer->remaining),
	    LOG_STR("advice", class->advice));
	policy->pauses = 0;
}

static void
on_pause(struct response_policy *policy, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *class)
{
	int64_t named_ns = backoff_named_ns(answer->retry_after_ms);
	struct instant opens;

	if (named_ns == 0)
		named_ns = backoff_named_ns(answer->reset_ms);
	opens = circuit_breaker_pause(policy->breaker, batch->call, named_ns,
	    response_policy_jitter(policy), policy->now);
	rate_control_over_limit(policy->rate, opens, policy->now);
	policy->pauses++;
	if (policy->now.ns >= policy->quiet_until.ns)
		log_over_limit(policy, answer, class, opens);
	put_back(policy, batch, lane_retry_first, 0);
}

static void
open_breaker(struct response_policy *policy, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *class)
{
	struct circuit_breaker *breaker = policy->breaker;

	if (circuit_breaker_credential_refused(breaker, batch->call,
		response_policy_jitter(policy), policy->now))
		log_event(LOG_ERROR, "credential_refused",
		    LOG_INT("status", answer->status),
		    LOG_INT("wait_ms",
			(breaker->open_until.ns - policy->now.ns) / NS_PER_MS),
		    LOG_STR("advice", class->advice));
	put_back(policy, batch, lane_retry_first, 0);
}

static void
on_later(struct response_policy *policy, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *class)
{
	again_later(policy, batch, answer, class, LANE_LATER);
}

/*
 * Every batch of the lane would be answered so.  Its events are kept; the batch
 * becomes the last of the retries.
 */
static void
on_hold(struct response_policy *policy, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *class)
{
	struct lane *lane = batch->lane;

	if (answer->status == 404 && !lane->any_ok)
		table_absent(lane->table, true);
	again_later(policy, batch, answer, class, LANE_HOLD);
}

/*
 * One table may be refused with a credential that serves others: it is held by
 * itself.  When several are refused and none is served, it is the credential.
 */
static void
on_credential(struct response_policy *policy, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *class)
{
	static const struct response_class table_refused = {
		RESPONSE_CLASS_HOLD, "credential",
		"the upstream refuses our credential for this table: give its "
		"client the role ManageStreams for it, or, if no table is "
		"served, check upstream.credentials; its events are kept"
	};
	struct lane *lane = batch->lane;

	if (lane->refused_at != policy->served + 1)
		policy->unauthorized++;
	lane->refused_at = policy->served + 1;
	lane->unauthorized++;
	if (policy->breaker->half_open || policy->unauthorized >= REFUSED_ALL)
		open_breaker(policy, batch, answer, class);
	else
		on_hold(policy, batch, answer, &table_refused);
}

static void
on_split(struct response_policy *policy, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *class)
{
	static const struct response_class wrong = { RESPONSE_CLASS_HOLD,
		"refused",
		"the upstream refuses all of this table's events, one by one: "
		"check the table's id and its schema upstream; they are kept" };
	struct lane *lane = batch->lane;

	if (batch->part_count == 0) {
		batch_give(policy->pool, batch);
		return;
	}
	switch (bisect_refused(
	    &policy->bisect, batch, answer, class->word, policy->now)) {
	case BISECT_SPLIT:
		lane_answered(lane, batch, LANE_SPLIT, policy->breaker->calls);
		break;
	case BISECT_CANDIDATE:
	case BISECT_CONFIRMED:
		lane_answered(lane, batch,
		    has_pieces(lane) ? LANE_SPLIT : LANE_OK,
		    policy->breaker->calls);
		break;
	case BISECT_LANE_AT_FAULT:
		on_hold(policy, batch, answer, &wrong);
		break;
	case BISECT_NO_MEMORY:
		on_later(policy, batch, answer, class);
		break;
	}
}

/*
 * Again with the next token.  But a table that is refused with every token
 * while others are served must not renew it for ever.  Until the renewal is
 * done calls still carry the old token: the lane waits a moment.
 */
static void
on_renew(struct response_policy *policy, struct batch *batch,
    const struct upstream_answer *answer, const struct response_class *class)
{
	struct lane *lane = batch->lane;

	if (lane->unauthorized >= RENEWALS_MAX) {
		on_credential(policy, batch, answer, class);
		return;
	}
	if (lane_answered(lane, batch, LANE_LATER, policy->breaker->calls)) {
		lane->reason = class->word;
		lane->until.ns =
		    policy->now.ns + backoff_ns(&backoff_later,
					 ++lane->unauthorized,
					 response_policy_jitter(policy));
	}
	put_back(policy, batch, lane_retry_first, 0);
}

static void (*const actions[RESPONSE_CLASS_KINDS])(struct response_policy *,
    struct batch *, const struct upstream_answer *,
    const struct response_class *) = {
	[RESPONSE_CLASS_DELIVERED] = on_delivered,
	[RESPONSE_CLASS_RENEW] = on_renew,
	[RESPONSE_CLASS_LATER] = on_later,
	[RESPONSE_CLASS_PAUSE] = on_pause,
	[RESPONSE_CLASS_SPLIT] = on_split,
	[RESPONSE_CLASS_HOLD] = on_hold,
	[RESPONSE_CLASS_CREDENTIAL] = on_credential,
};

/* Answers that show that the credential is good. */
static const bool closes_breaker[RESPONSE_CLASS_KINDS] = {
	[RESPONSE_CLASS_DELIVERED] = true,
	[RESPONSE_CLASS_LATER] = true,
	[RESPONSE_CLASS_SPLIT] = true,
	[RESPONSE_CLASS_HOLD] = true,
};

static const enum upstream_stats_again again_reasons[RESPONSE_CLASS_KINDS] = {
	[RESPONSE_CLASS_RENEW] = UPSTREAM_STATS_AGAIN_RENEWED,
	[RESPONSE_CLASS_LATER] = UPSTREAM_STATS_AGAIN_LATER,
	[RESPONSE_CLASS_SPLIT] = UPSTREAM_STATS_AGAIN_SPLIT,
	[RESPONSE_CLASS_PAUSE] = UPSTREAM_STATS_AGAIN_OVER_LIMIT,
	[RESPONSE_CLASS_HOLD] = UPSTREAM_STATS_AGAIN_REFUSED,
	[RESPONSE_CLASS_CREDENTIAL] = UPSTREAM_STATS_AGAIN_CREDENTIAL,
};

/* For the statistics, if it is sent again. */
static enum upstream_stats_again
again_reason(
    const struct upstream_answer *answer, const struct response_class *class)
{
	return answer->end == UPSTREAM_UNREACHED
		   ? UPSTREAM_STATS_AGAIN_UNREACHED
	       : answer->end == UPSTREAM_UNKNOWN ? UPSTREAM_STATS_AGAIN_UNKNOWN
						 : again_reasons[class->kind];
}

static void
log_dead_lettered(
    struct response_policy *policy, struct lane *lane, uint32_t dead_lettered)
{
	lane->dead_letters_unlogged += dead_lettered;
	if (lane->dead_letters_unlogged == 0 ||
	    policy->now.ns < lane->dead_letters_quiet_until.ns)
		return;
	lane->dead_letters_quiet_until.ns = policy->now.ns + QUIET_NS;
	log_event(LOG_WARN, "events_refused",
	    LOG_STR("table", lane->table->options.name),
	    LOG_INT("events", (int64_t)lane->dead_letters_unlogged),
	    LOG_STR("advice",
		"the upstream refused these events alone, while it took others "
		"of the table: `polaris-gateway dead-letter show DIR` has its "
		"answers, and dead-letter replay sends them again once what is "
		"wrong is mended"));
	lane->dead_letters_unlogged = 0;
}

/* Its event stays in the spool: nothing shows whether it is at fault. */
static void
log_undetermined(struct response_policy *policy, struct lane *lane)
{
	if (policy->now.ns < lane->quiet_until.ns)
		return;
	lane->quiet_until.ns = policy->now.ns + QUIET_NS;
	log_event(LOG_WARN, "event_suspected",
	    LOG_STR("table", lane->table->options.name),
	    LOG_STR("advice",
		"the upstream refuses an event, and has taken no other of the "
		"table lately that would show whether the event or the table "
		"is at fault: it is kept and tried again; compare it with the "
		"table's schema"));
}

static void
hold_not_stored(struct response_policy *policy, struct lane *lane)
{
	static const struct response_class nowhere = { RESPONSE_CLASS_HOLD,
		"no_dead_letters",
		"an event is refused and there is no room for it among the "
		"dead letters: see dead_letters in the configuration" };

	policy->why = NULL;
	if (lane_move(lane, LANE_HOLD, policy->breaker->calls))
		stop(policy, lane, 0, &nowhere, 0,
		    response_policy_jitter(policy));
}

void
response_policy_review(
    struct response_policy *policy, struct lane *lane, struct instant now)
{
	bool not_stored = false, was_undetermined = lane->undetermined;

	policy->now = now;
	log_dead_lettered(policy, lane,
	    bisect_review(&policy->bisect, lane, now, &not_stored));
	if (lane->undetermined && !was_undetermined)
		log_undetermined(policy, lane);
	if (not_stored)
		hold_not_stored(policy, lane);
	if (lane->state == LANE_SPLITTING && !has_pieces(lane))
		lane_move(lane, LANE_WHOLE, policy->breaker->calls);
}

static bool
is_expired(const struct batch *batch)
{
	return upstream_stats_dead_by(batch->refusal->word) ==
	       UPSTREAM_STATS_DEAD_EXPIRED;
}

void
response_policy_dead_lettered(
    struct response_policy *policy, struct batch *batch, struct instant now)
{
	policy->now = now;
	/* Logged before the records are freed, and the table with them. */
	if (!is_expired(batch))
		log_dead_lettered(policy, batch->lane, batch->events);
	accounting_dead_lettered(policy->accounting, batch, now);
	batch_give(policy->pool, batch);
}

/* What has expired is sent then: the upstream may still accept it. */
void
response_policy_not_stored(
    struct response_policy *policy, struct batch *batch, struct instant now)
{
	policy->now = now;
	if (!is_expired(batch)) {
		bisect_retry_later(batch, now);
		hold_not_stored(policy, batch->lane);
		return;
	}
	free(batch->refusal);
	batch->refusal = NULL;
	batch->due = now;
	lane_retry(batch->lane, batch);
}

void
response_policy_answer(struct response_policy *policy, struct batch *batch,
    const struct upstream_answer *answer, struct bisect_time at)
{
	const struct response_class *class = response_class_of(answer);
	struct lane *lane = batch->lane;

	policy->now = at.now;
	policy->wall_ms = at.wall_ms;
	policy->why = answer->end == UPSTREAM_ANSWERED ? NULL : answer->why;
	batch->again = again_reason(answer, class);
	if (answer->end == UPSTREAM_ANSWERED && closes_breaker[class->kind])
		circuit_breaker_success(policy->breaker, batch->call);
	if (class->kind != RESPONSE_CLASS_RENEW &&
	    class->kind != RESPONSE_CLASS_CREDENTIAL)
		lane->unauthorized = 0;
	if (class->kind != RESPONSE_CLASS_DELIVERED)
		accounting_failed(policy->accounting, batch, at.now);
	actions[class->kind](policy, batch, answer, class);
	response_policy_review(policy, lane, at.now);
}
