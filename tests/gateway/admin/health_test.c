#include <criterion/criterion.h>

#include <string.h>

#include "gateway/admin/health.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define WALL     INT64_C(1795514400000)

static struct registry_view view;
static struct history_second seconds[20];
static struct health_input input;

static struct upstream_stats_table *
table(const char *name)
{
	return &view.stats.tables[label_table_intern(
	    &view.stats.labels, span_of(name))];
}

static void
sample(unsigned reason, int64_t ago_ms)
{
	struct registry_sample *last = &view.samples[reason][0];

	last->wall_ms = WALL - ago_ms;
	strcpy(last->table, "clicks");
	last->line = 3;
	last->offset = 7;
}

/* What each does to a gateway that is well, and has had an event. */

static void
nothing(void)
{
}

static void
is_new(void)
{
	memset(&view.stats.labels, 0, sizeof view.stats.labels);
}

static void
drains(void)
{
	input.why_not = "draining";
}

static void
disk_fails(void)
{
	input.why_not = "disk_failing";
}

static void
has_no_time(void)
{
	input.why_not = "clock";
}

static void
is_not_ready(void)
{
	input.why_not = "a_new_word";
}

static void
is_stuck(void)
{
	view.fresh = false;
	view.stats.wall_ms = WALL - 7000;
}

static void
has_a_doubtful_clock(void)
{
	view.stats.clock_in_doubt = true;
	view.stats.clock_skew_ms = -420000;
}

static void
is_refused(void)
{
	view.stats.refused = true;
	view.stats.paused_ms = 30000;
}

static void
has_no_token(void)
{
	view.stats.credential.ready = false;
	view.stats.credential.failed = 2;
	strcpy(view.stats.credential.error, "connection refused");
}

static void
keeps_its_last_token(void)
{
	view.stats.credential.failed = 1;
	view.stats.credential.failed_ms = WALL - 1000;
	view.stats.credential.renewed_ms = WALL - 200000;
	view.stats.credential.expires_s = 75;
	strcpy(view.stats.credential.error, "status 500");
}

static void
upstream_is_down(void)
{
	table("clicks")->lane = UPSTREAM_STATS_LANE_WAITING;
	table("clicks")->status = 503;
	table("clicks")->waiting = 40;
	table("clicks")->oldest_ms = 12000;
	table("orders")->lane = UPSTREAM_STATS_LANE_WAITING;
}

static void
upstream_is_out_of_reach(void)
{
	upstream_is_down();
	table("clicks")->status = 0;
}

static void
a_table_is_held(void)
{
	table("orders")->lane = UPSTREAM_STATS_LANE_HELD;
	table("orders")->reason = "forbidden";
	table("orders")->status = 403;
	table("orders")->waiting = 40;
	table("orders")->again_ms = 29000;
}

static void
spool_is_full(void)
{
	view.stats.spool.bytes = 96;
	input.why_not = "spool_full";
}

static void
spool_is_full_of_what_is_held(void)
{
	spool_is_full();
	a_table_is_held();
}

static void
spool_refused_just_now(void)
{
	sample(EVENT_FAULT_COUNT + OUTCOME_SPOOL_FULL, 2000);
}

static void
spool_fills(void)
{
	view.stats.spool.bytes = 75;
}

static void
calls_are_spent(void)
{
	view.stats.budget_used = 59;
	table("clicks")->calls_in_minute = 50;
	table("clicks")->waiting = 700;
	table("clicks")->oldest_ms = 11000;
}

static void
spool_is_full_for_want_of_calls(void)
{
	calls_are_spent();
	spool_is_full();
}

/* A minute that has just begun hides that every call is made. */
static void
calls_go_as_fast_as_they_may(void)
{
	for (size_t i = 0; i < COUNT(seconds); i++)
		seconds[i].calls = 0.95;
}

static void
is_over_the_limit(void)
{
	view.stats.paused_ms = 4000;
}

static void
suspects_an_event(void)
{
	table("clicks")->suspects = 1;
}

static void
letters_are_full(void)
{
	sample(EVENT_FAULT_COUNT + OUTCOME_LETTERS_FULL, 5000);
}

static void
letters_fail(void)
{
	sample(EVENT_FAULT_COUNT + OUTCOME_LETTERS_FAILED, 5000);
}

static void
has_no_such_table(void)
{
	sample(EVENT_FAULT_COUNT + OUTCOME_TABLE_ABSENT, 50000);
}

static void
gets_bad_events(void)
{
	sample(EVENT_TIME_FORMAT, 50000);
}

static void
got_bad_events_long_ago(void)
{
	sample(EVENT_TIME_FORMAT, 70000);
}

/* clang-format off */
static const struct {
	void (*befalls)(void);
	const char *level, *sentence, *advice;
} rows[] = {
{ nothing, "ok", "All is well: 5 events a second come in, 4 go out, nothing waits.", "" },
{ is_new, "ok", "Ready; no event has come yet.", "Post one" },
{ drains, "warn", "shutting down", "on purpose" },
{ disk_fails, "bad", "disk does not take events: producers get 503", "the disk" },
{ has_no_time, "bad", "clock is not set", "NTP" },
{ is_not_ready, "bad", "not ready: a_new_word", "See the log" },
{ is_stuck, "bad", "has not answered for 7.0 s", "gdb -p" },
{ is_refused, "bad", "refuses our credential: everything is kept", "upstream.credentials" },
{ has_no_token, "bad", "no token to send with: connection refused", "token_url" },
{ keeps_its_last_token, "warn", "(status 500); the old one is valid for 75 s more", "token_url" },
{ has_a_doubtful_clock, "warn", "clock is 7 min behind the upstream's", "NTP" },
{ upstream_is_down, "warn", "2 tables are waiting for the upstream, which answers 503 for clicks. The oldest event has waited 12 s.", "the upstream's status" },
{ upstream_is_out_of_reach, "warn", "which does not answer for clicks", "upstream.url" },
{ a_table_is_held, "bad", "1 table is held; orders: the upstream answers 403 (forbidden). 40 events of it are kept; next attempt in 29 s.", "ManageStreams" },
{ spool_is_full, "bad", "The spool is full (96 %): producers get 503.", "raise spool.max_bytes" },
{ spool_is_full_of_what_is_held, "bad", "full (96 %) because the upstream refuses a table", "keeps events from being sent" },
{ spool_is_full_for_want_of_calls, "bad", "full (96 %) because the budget of calls is spent", "" },
{ spool_refused_just_now, "bad", "The spool is full (1 %)", "" },
{ spool_fills, "warn", "The spool is 75 % full", "producers get 503 once" },
{ calls_are_spent, "warn", "98 % of the calls that may be made are made, most by clicks (50 this minute): events wait, the oldest for 11 s.", "batch.max_events" },
{ calls_go_as_fast_as_they_may, "warn", "95 % of the calls that may be made are made", "" },
{ is_over_the_limit, "warn", "over its limit: sending is paused for 4.0 s", "Somebody else" },
{ suspects_an_event, "warn", "refuses 1 event of clicks", "schema" },
{ letters_are_full, "bad", "Dead letters are full: requests with invalid events get 503", "dead_letters.max_bytes" },
{ letters_fail, "bad", "Dead letters cannot be written", "dead_letters.directory" },
{ has_no_such_table, "warn", "clicks, a table that the upstream has never had: it gets 404", "push connection" },
{ gets_bad_events, "warn", "invalid events to clicks: time_format, line 3, offset 7", "Tell the producer" },
{ got_bad_events_long_ago, "ok", "All is well", "" },
};
/* clang-format on */

static void
begin(void)
{
	memset(&view, 0, sizeof view);
	view.fresh = true;
	view.stats.wall_ms = WALL;
	view.stats.budget_limit = 60;
	view.stats.spool.bytes = 1;
	view.stats.spool.limit = 100;
	view.stats.credential.ready = true;
	(void)table("clicks");
	(void)table("orders");
	for (size_t i = 0; i < COUNT(seconds); i++)
		seconds[i] = (struct history_second){
			.in = 5, .out = 4, .calls_limit = 1
		};
	input =
	    (struct health_input){ &view, seconds, COUNT(seconds), NULL, WALL };
}

Test(health, each_problem_has_a_sentence_and_an_advice)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct health health;

		begin();
		rows[i].befalls();
		health = health_of(&input);
		cr_expect_str_eq(health.level, rows[i].level, "row %zu: %s", i,
		    health.sentence);
		cr_expect_not_null(strstr(health.sentence, rows[i].sentence),
		    "row %zu: %s", i, health.sentence);
		cr_expect_not_null(strstr(health.advice, rows[i].advice),
		    "row %zu: %s", i, health.advice);
		cr_expect_eq(strcmp(health.level, "ok") != 0,
		    rows[i].befalls != is_new && health.advice[0] != '\0',
		    "row %zu: trouble has an advice", i);
	}
}

/* In the order of how much they matter: each hides those after it. */
Test(health, the_most_important_comes_first)
{
	static void (*const order[])(void) = { drains, is_stuck, is_refused,
		has_no_token, has_a_doubtful_clock, spool_refused_just_now,
		letters_are_full, a_table_is_held, is_over_the_limit,
		upstream_is_down, suspects_an_event, calls_are_spent,
		spool_fills, has_no_such_table, gets_bad_events };
	struct health before, after;

	for (size_t i = 1; i < COUNT(order); i++) {
		begin();
		order[i]();
		order[i - 1]();
		after = health_of(&input);
		begin();
		order[i - 1]();
		before = health_of(&input);
		cr_expect_str_eq(before.advice, after.advice, "%zu", i);
	}
}

/* The longest of each, or a sentence would end in the middle. */
Test(health, names_of_any_length_fit)
{
	char name[LABEL_MAX + 1];

	memset(name, 't', LABEL_MAX);
	name[LABEL_MAX] = '\0';
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct health health;

		begin();
		rows[i].befalls();
		for (unsigned t = 1; t <= view.stats.labels.count; t++)
			strcpy(view.stats.labels.names[t], name);
		for (unsigned r = 0; r < REGISTRY_REASONS; r++)
			strcpy(view.samples[r][0].table, name);
		health = health_of(&input);
		cr_expect_lt(strlen(health.sentence),
		    sizeof health.sentence - 1, "row %zu", i);
	}
}
