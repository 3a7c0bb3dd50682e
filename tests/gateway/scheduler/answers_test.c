/*
 * The pump on the rig: what the upstream's answers lead to.
 */
#include <criterion/criterion.h>

#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

static void
script_down_ten_seconds(struct rig *rig, struct rig_call *call)
{
	if (rig->now.ns >= 11 * MINUTE && rig->now.ns < 11 * MINUTE + 10 * SEC)
		call->answer.end = UPSTREAM_UNREACHED;
}

Test(answers, an_outage_of_ten_seconds_loses_and_doubles_nothing)
{
	struct rig *rig = rig_open_warm((struct rig_options){
	    .tables = 10, .script = script_down_ten_seconds });
	size_t before, during;

	rig_run(rig, 11 * MINUTE);
	before = rig->call_count;
	for (int i = 0; i < 4000; i++) {
		rig_post(rig, rig_random(rig, 10), 1 + rig_random(rig, 20));
		rig_run(rig, rig->now.ns + 5 * MS);
		if (rig->now.ns == 11 * MINUTE + 10 * SEC)
			during = rig->call_count - before;
	}
	/* 10 lanes, each some 6 probes, and what flew as it began */
	cr_expect_leq(during, 200, "%zu calls at a dead upstream", during);
	rig_finish(rig, 2 * MINUTE);
	cr_expect_leq(rig->now.ns, 11 * MINUTE + 25 * SEC, "recovered at %ld",
	    (long)(rig->now.ns / MS));
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(answers, retry_after_is_honoured_exactly)
{
	static const struct {
		unsigned status;
		int64_t told_ms, wait_ms;
	} rows[] = {
		{ 503, 7000, 7000 },
		{ 503, 300000, 300000 },
		{ 503, 999999999, 300000 },
		{ 429, 7000, 7000 },
		{ 429, 999999999, 300000 },
		{ 408, 1, 1 },
		{ 404, 45000, 45000 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig *rig = rig_open_warm((struct rig_options){ 0 });

		rig_answer(rig, 1, RIG_ANY,
		    rig_status(rows[i].status, rows[i].told_ms));
		rig_post(rig, 0, 1);
		rig_finish(rig, 10 * MINUTE);
		cr_assert_eq(rig->call_count, 2);
		cr_expect_eq(rig->calls[1].sent_ns - rig->calls[0].answer_ns,
		    rows[i].wait_ms * MS, "row %zu", i);
		rig_expect_each_once(rig);
		rig_close(rig);
	}
}

Test(answers, a_rate_limit_reset_counts_with_a_429_only)
{
	struct rig *rig = rig_open_warm((struct rig_options){ 0 });
	struct upstream_answer answer = rig_status(429, -1);

	answer.reset_ms = 42000;
	rig_answer(rig, 1, RIG_ANY, answer);
	rig_post(rig, 0, 60);
	rig_finish(rig, MINUTE);
	cr_expect_eq(rig->calls[1].sent_ns - rig->calls[0].answer_ns, 42 * SEC);

	answer.status = 502;
	rig_answer(rig, 1, RIG_ANY, answer);
	rig_post(rig, 0, 60);
	rig_finish(rig, MINUTE);
	cr_expect_leq(rig->calls[3].sent_ns - rig->calls[2].answer_ns, SEC / 2);
	rig_close(rig);
}

Test(answers, a_429_pauses_every_table)
{
	struct rig *rig = rig_open_warm((struct rig_options){ .tables = 5 });
	int64_t answer_ns;

	rig_answer(rig, 1, RIG_ANY, rig_status(429, 20000));
	rig_post(rig, 0, 60);
	rig_run(rig, rig->now.ns + 10 * MS);
	answer_ns = rig->calls[0].answer_ns;
	for (uint32_t i = 0; i < 50; i++) {
		rig_post(rig, i % 5, 60);
		rig_run(rig, rig->now.ns + 100 * MS);
	}
	cr_expect_eq(rig->call_count, 1, "%zu", rig->call_count);
	rig_finish(rig, MINUTE);
	cr_expect_eq(rig->calls[1].sent_ns, answer_ns + 20 * SEC);
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(answers, waits_double_and_are_drawn_below_their_ceiling)
{
	static const int64_t ceiling_ms[] = { 500, 1000, 2000, 4000, 8000,
		16000, 32000, 60000, 60000 };
	int64_t wait_ns, least = INT64_MAX, most = 0;

	for (uint64_t seed = 0; seed < 200; seed++) {
		struct rig *rig =
		    rig_open_warm((struct rig_options){ .seed = seed });

		rig_answer(rig, 9, RIG_ANY, rig_status(500, -1));
		rig_post(rig, 0, 60);
		rig_finish(rig, 60 * MINUTE);
		cr_assert_eq(rig->call_count, 10);
		for (size_t i = 0; i < 9; i++) {
			wait_ns =
			    rig->calls[i + 1].sent_ns - rig->calls[i].answer_ns;
			cr_assert_gt(wait_ns, 0);
			cr_assert_leq(wait_ns, ceiling_ms[i] * MS, "%zu", i);
			if (i != 7)
				continue;
			least = wait_ns < least ? wait_ns : least;
			most = wait_ns > most ? wait_ns : most;
		}
		rig_close(rig);
	}
	cr_expect_lt(least, 6 * SEC, "all of the range is used");
	cr_expect_gt(most, 54 * SEC);
}

Test(answers, what_needs_a_person_is_kept_and_tried_every_30_s_to_10_min)
{
	static const unsigned statuses[] = { 403, 404, 415, 302, 418, 409 };

	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		struct rig *rig =
		    rig_open_warm((struct rig_options){ .tables = 2 });
		int64_t wait_ns;

		rig_answer(rig, 16, 0, rig_status(statuses[i], -1));
		rig_post(rig, 0, 1);
		for (int k = 0; k < 60; k++) {
			rig_run(rig, rig->now.ns + 10 * SEC);
			rig_post(rig, 1, 60); /* not held with it */
			rig_run(rig, rig->now.ns + 10 * MS);
			cr_assert_eq(rig->calls[rig->call_count - 1].table, 1);
		}
		rig_finish(rig, 300 * MINUTE);
		for (size_t k = 1, before = 0; k < rig->call_count; k++) {
			if (rig->calls[k].table != 0)
				continue;
			wait_ns = rig->calls[k].sent_ns -
				  rig->calls[before].answer_ns;
			before = k;
			cr_assert_geq(wait_ns, 22 * SEC);
			cr_assert_leq(wait_ns, 10 * MINUTE);
		}
		rig_expect_each_once(rig);
		rig_close(rig);
	}
}

static void
script_404_for_an_hour(struct rig *rig, struct rig_call *call)
{
	if (rig->now.ns < 60 * MINUTE)
		call->answer.status = 404;
}

static enum table_answer
asked(struct rig *rig)
{
	struct table *table;
	enum table_answer answer =
	    tables_find(rig->tables, SPAN("t0"), rig->now, &table);

	if (answer == TABLE_FOUND)
		table_release(table, rig->now);
	return answer;
}

/*
 * Each row is a table that gets 404 for an hour, and what a producer is told
 * of it meanwhile.
 */
Test(answers, a_name_that_upstream_does_not_have_is_refused_until_it_does)
{
	static const struct {
		const char *what;
		bool strangers;
		bool served; /* before that hour */
		enum table_answer answer;
	} rows[] = {
		{ "invented", true, false, TABLE_ABSENT },
		{ "configured", false, false, TABLE_FOUND },
		{ "served before", true, true, TABLE_FOUND },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *what = rows[i].what;
		struct rig *rig = rig_open_warm(
		    (struct rig_options){ .strangers = rows[i].strangers });

		cr_expect_eq(asked(rig), TABLE_FOUND, "%s", what);
		rig_post(rig, 0, 1);
		if (rows[i].served)
			rig_run(rig, rig->now.ns + SEC);
		rig->options.script = script_404_for_an_hour;
		if (rows[i].served)
			rig_post(rig, 0, 1);
		rig_run(rig, 59 * MINUTE);
		cr_expect_eq(asked(rig), rows[i].answer, "%s", what);
		rig_finish(rig, 71 * MINUTE);
		cr_expect_eq(asked(rig), TABLE_FOUND, "%s", what);
		rig_expect_each_once(rig);
		rig_close(rig);
	}
}

static void
script_table_0_down(struct rig *rig, struct rig_call *call)
{
	if (call->table == 0 && rig->now.ns < 20 * MINUTE)
		call->answer.status = 503;
}

Test(answers, a_failing_table_probes_one_batch_at_a_time)
{
	struct rig *rig = rig_open_warm(
	    (struct rig_options){ .tables = 2, .script = script_table_0_down });
	size_t open = 0;

	rig_post(rig, 0, 600);
	rig_run(rig, rig->now.ns + 10 * MS);
	cr_expect_eq(rig->call_count, 10, "nothing known yet: all at once");
	for (int i = 0; i < 500; i++) {
		rig_post(rig, 0, 60);
		rig_run(rig, rig->now.ns + SEC);
		open = rig->open_count > open ? rig->open_count : open;
	}
	cr_expect_leq(rig->call_count, 40, "%zu", rig->call_count);
	rig_run(rig, 20 * MINUTE);
	rig_finish(rig, 3 * MINUTE);
	cr_expect_leq(rig->now.ns, 22 * MINUTE, "all out soon after");
	rig_expect_each_once(rig);
	rig_close(rig);
}

static void
script_first_slow_503(struct rig *rig, struct rig_call *call)
{
	(void)rig;
	if (call->first == 0)
		call->answer.status = 503;
}

Test(answers, a_batch_that_always_fails_and_fresh_ones_alternate)
{
	struct rig *rig = rig_open_warm(
	    (struct rig_options){ .script = script_first_slow_503 });

	for (int i = 0; i < 200; i++) {
		rig_post(rig, 0, 60);
		rig_run(rig, rig->now.ns + 20 * MS);
	}
	for (size_t i = 1; i < rig->call_count; i++)
		cr_expect(
		    rig->calls[i].first != 0 || rig->calls[i - 1].first != 0,
		    "calls %zu and %zu", i - 1, i);
	rig_run(rig, rig->now.ns + SEC);
	cr_expect_eq(rig_arrived(rig, 1), 199 * 60);
	rig_close(rig);
}

static void
script_all_down(struct rig *rig, struct rig_call *call)
{
	if (rig->now.ns < 12 * MINUTE)
		call->answer.status = 503;
}

Test(answers, a_failed_batch_does_not_wait_for_the_queue_to_end)
{
	struct rig *rig =
	    rig_open(&(struct rig_options){ .calls_per_minute = 60 });

	rig_answer(rig, 1, RIG_ANY, rig_status(503, 2000));
	rig_post(rig, 0, 60 * 100);
	rig_run(rig, 10 * SEC);
	cr_expect_eq(rig->arrived[0], 1, "among the next after 2 s");
	cr_expect_eq(
	    rig->open_count + rig_arrived(rig, 1) / 60, rig->call_count - 1);
	rig_close(rig);
}

Test(answers, failed_batches_alternate_as_probes)
{
	struct rig *rig =
	    rig_open_warm((struct rig_options){ .script = script_all_down });

	rig_post(rig, 0, 60 * 40);
	rig_run(rig, 12 * MINUTE);
	cr_assert_gt(rig->call_count, 42);
	for (size_t i = 41; i < rig->call_count; i++)
		cr_expect_neq(rig->calls[i].first, rig->calls[i - 1].first,
		    "call %zu", i);
	rig_finish(rig, 3 * MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

/* Retry-After of a call that was sent before the lane was known to fail. */
static void
script_second_says_when(struct rig *rig, struct rig_call *call)
{
	if (rig->call_count > 2)
		return;
	call->answer.status = 503;
	if (rig->call_count == 2)
		call->answer.retry_after_ms = 30000;
}

Test(answers, the_longest_of_several_named_waits_counts)
{
	struct rig *rig = rig_open_warm(
	    (struct rig_options){ .script = script_second_says_when });

	rig_post(rig, 0, 180);
	rig_run(rig, rig->now.ns + SEC);
	cr_assert_eq(rig->call_count, 3, "nobody knew yet");
	rig_finish(rig, MINUTE);
	cr_expect_eq(rig->calls[3].sent_ns, rig->calls[1].answer_ns + 30 * SEC);
	rig_expect_each_once(rig);
	rig_close(rig);
}

/*
 * Table 1's call was sent before the outage, its answer comes in the midst of
 * it and says nothing new: table 0 tries when it would have tried anyway.
 */
static void
script_late_news(struct rig *rig, struct rig_call *call)
{
	if (call->table == 1)
		call->answer_ns =
		    call->sent_ns +
		    (rig->options.line_bytes == 101 ? 20 : 300) * SEC;
	else if (rig->now.ns < 11 * MINUTE)
		call->answer.end = UPSTREAM_UNREACHED;
}

Test(answers, old_answers_do_not_end_an_outage)
{
	int64_t sent_ns[2];

	for (uint32_t i = 0; i < 2; i++) {
		struct rig *rig =
		    rig_open_warm((struct rig_options){ .tables = 2,
			.line_bytes = 100 + i,
			.script = script_late_news });

		rig_post(rig, 1, 60);
		rig_run(rig, rig->now.ns + MS);
		rig_post(rig, 0, 60);
		rig_finish(rig, 10 * MINUTE);
		sent_ns[i] = rig->calls[rig->call_count - 1].sent_ns;
		rig_close(rig);
	}
	cr_expect_eq(sent_ns[0], sent_ns[1]);
}
