/*
 * The pump on the rig: what stands in contract 3, in virtual time.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/gateway/transmit/rig.h"

#define MINUTE (60 * SEC)

/* The start: the budget fills, so that it plays no part afterwards. */
static struct rig *
open_warm(struct rig_options options)
{
	struct rig *rig = rig_open(&options);

	rig_run(rig, 10 * MINUTE);
	return rig;
}

static void
expect_each_once(const struct rig *rig)
{
	cr_expect_eq(rig_arrived(rig, 1), rig->event_count,
	    "%u of %u once, %u twice", rig_arrived(rig, 1), rig->event_count,
	    rig_arrived(rig, 2));
}

/* ---- batches ---- */

Test(pump, a_batch_closes_at_max_events_without_lingering)
{
	struct rig *rig = open_warm((struct rig_options){ 0 });
	int64_t start = rig->now.ns;

	for (int i = 0; i < 60; i++)
		rig_post(rig, 0, 1);
	rig_run(rig, start + 10 * MS);
	cr_assert_eq(rig->call_count, 1);
	cr_expect_eq(rig->calls[0].events, 60);
	cr_expect_eq(rig->calls[0].sent_ns, start);
	expect_each_once(rig);
	rig_close(rig);
}

Test(pump, a_batch_closes_a_linger_after_its_first_event)
{
	struct rig *rig = open_warm((struct rig_options){ 0 });
	int64_t start = rig->now.ns;

	rig_post(rig, 0, 1);
	rig_run(rig, start + 300 * MS);
	rig_post(rig, 0, 2);
	rig_run(rig, start + 499 * MS);
	cr_expect_eq(rig->call_count, 0);
	rig_finish(rig, SEC);
	cr_assert_eq(rig->call_count, 1);
	cr_expect_eq(rig->calls[0].events, 3);
	cr_expect_eq(rig->calls[0].sent_ns, start + 500 * MS);
	rig_close(rig);
}

Test(pump, a_batch_closes_at_max_bytes_exactly)
{
	struct rig *rig = open_warm((struct rig_options){
	    .batch = { 1000, 1000, 500 }, .line_bytes = 100 });
	int64_t start = rig->now.ns;

	for (int i = 0; i < 9; i++)
		rig_post(rig, 0, 1);
	rig_run(rig, start + 100 * MS);
	cr_expect_eq(rig->call_count, 0, "900 of 1000 bytes");
	rig_post(rig, 0, 1);
	rig_run(rig, start + 110 * MS);
	cr_assert_eq(rig->call_count, 1);
	cr_expect_eq(rig->calls[0].bytes, 1000);
	rig_close(rig);
}

Test(pump, requests_are_split_where_they_must_be_and_only_between_lines)
{
	static const struct {
		uint32_t request, line_bytes;
		uint64_t max_events, max_bytes;
		uint32_t calls, first_events;
	} rows[] = {
		{ 60, 100, 60, 1000000, 1, 60 },
		{ 61, 100, 60, 1000000, 2, 60 },
		{ 1000, 100, 60, 1000000, 17, 60 },
		{ 100, 100, 1000, 1000, 10, 10 },
		{ 100, 100, 1000, 1099, 10, 10 },
		{ 100, 100, 1000, 999, 12, 9 },
		{ 3, 100, 60, 100, 3, 1 },
		{ 10, 100, 3, 250, 5, 2 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig *rig = open_warm((struct rig_options){
		    .batch = { rows[i].max_events, rows[i].max_bytes, 500 },
		    .line_bytes = rows[i].line_bytes });

		rig_post(rig, 0, rows[i].request);
		rig_finish(rig, MINUTE);
		cr_expect_eq(rig->call_count, rows[i].calls, "row %zu: %zu", i,
		    rig->call_count);
		cr_expect_eq(
		    rig->calls[0].events, rows[i].first_events, "row %zu", i);
		expect_each_once(rig);
		rig_close(rig);
	}
}

Test(pump, a_thousand_single_events_make_seventeen_calls)
{
	struct rig *rig = open_warm((struct rig_options){ 0 });

	for (int i = 0; i < 1000; i++)
		rig_post(rig, 0, 1);
	rig_finish(rig, MINUTE);
	cr_expect_eq(rig->call_count, 17, "%zu", rig->call_count);
	expect_each_once(rig);
	rig_close(rig);
}

Test(pump, events_go_out_in_the_order_they_came)
{
	struct rig *rig = open_warm((struct rig_options){ 0 });

	for (uint32_t i = 0; i < 500; i++)
		rig_post(rig, 0, 1 + i % 70);
	rig_finish(rig, MINUTE);
	for (size_t i = 1; i < rig->call_count; i++)
		cr_assert_eq(rig->calls[i].first,
		    rig->calls[i - 1].first + rig->calls[i - 1].events);
	rig_close(rig);
}

Test(pump, fifty_tables_deliver_twenty_thousand_events_once_each)
{
	struct rig *rig = open_warm((struct rig_options){ .tables = 50 });
	uint32_t events;

	while (rig->event_count < 20000) {
		events = 1 + rig_random(rig, 40);
		if (events > 20000 - rig->event_count)
			events = 20000 - rig->event_count;
		rig_post(rig, rig_random(rig, 50), events);
		if (rig_random(rig, 4) == 0)
			rig_run(rig, rig->now.ns + rig_random(rig, 20) * MS);
	}
	rig_finish(rig, MINUTE);
	expect_each_once(rig);
	cr_expect_lt(rig->call_count, 1500, "%zu", rig->call_count);
	rig_close(rig);
}

Test(pump, batches_fill_while_calls_are_scarce)
{
	struct rig *rig = rig_open(&(struct rig_options){
	    .calls_per_minute = 60, .max_in_flight = 8 });

	/* 40 events a second want 2 calls a second; there is 1. */
	for (int i = 0; i < 4000; i++) {
		rig_post(rig, 0, 1);
		rig_run(rig, rig->now.ns + 25 * MS);
	}
	rig_finish(rig, MINUTE);
	cr_expect_leq(rig->call_count, 4000 / 40 + 3, "%zu", rig->call_count);
	expect_each_once(rig);
	rig_close(rig);
}

/* ---- budget ---- */

Test(pump, no_minute_exceeds_the_limit_and_overload_uses_nearly_all)
{
	struct rig *rig = rig_open(&(struct rig_options){
	    .tables = 5, .calls_per_minute = 600, .line_bytes = 100 });

	/* 11 calls a second wanted, 10 allowed, for ten minutes. */
	while (rig->now.ns < 10 * MINUTE) {
		for (int i = 0; i < 11; i++)
			rig_post(rig, (uint32_t)i % 5, 60);
		rig_run(rig, rig->now.ns + SEC);
	}
	cr_expect_leq(rig_fullest_calls(rig, MINUTE), 600);
	cr_expect_geq(
	    rig->call_count, 6000 * 97 / 100, "%zu of 6000", rig->call_count);
	rig_finish(rig, 2 * MINUTE);
	cr_expect_leq(rig_fullest_calls(rig, MINUTE), 600);
	expect_each_once(rig);
	rig_close(rig);
}

Test(pump, no_second_exceeds_the_bytes)
{
	struct rig *rig = rig_open(&(struct rig_options){ .tables = 3,
	    .batch = { 1000, 100000, 500 },
	    .bytes_per_second = 500000,
	    .line_bytes = 390 });

	for (int i = 0; i < 100; i++)
		rig_post(rig, (uint32_t)i % 3, 250);
	rig_finish(rig, 2 * MINUTE);
	cr_expect_leq(rig_fullest_bytes(rig, SEC), 500000);
	cr_expect_leq(rig->now.ns, 30 * SEC, "24.4 s at 400,000 a second");
	expect_each_once(rig);
	rig_close(rig);
}

/* Retries pay like any call. */
static void
script_half_503(struct rig *rig, struct rig_call *call)
{
	call->answer.status = rig_random(rig, 2) ? 200 : 503;
}

Test(pump, retries_are_paid_for)
{
	struct rig *rig = rig_open(&(struct rig_options){
	    .tables = 20, .calls_per_minute = 300, .script = script_half_503 });

	for (int i = 0; i < 3000; i++) {
		rig_post(rig, rig_random(rig, 20), 1 + rig_random(rig, 50));
		rig_run(rig, rig->now.ns + 100 * MS);
	}
	cr_expect_leq(rig_fullest_calls(rig, MINUTE), 300);
	rig_finish(rig, 60 * MINUTE);
	cr_expect_leq(rig_fullest_calls(rig, MINUTE), 300);
	expect_each_once(rig);
	rig_close(rig);
}

/* ---- turns and places ---- */

Test(pump, lanes_take_turns)
{
	struct rig *rig = rig_open(
	    &(struct rig_options){ .tables = 3, .calls_per_minute = 60 });

	rig_post(rig, 0, 6000);
	rig_post(rig, 1, 300);
	rig_post(rig, 2, 300);
	rig_run(rig, 20 * SEC);
	for (size_t i = 0; i < 15; i++)
		cr_expect_eq(rig->calls[i].table, i % 3, "call %zu", i);
	rig_finish(rig, 5 * MINUTE);
	expect_each_once(rig);
	rig_close(rig);
}

static void
script_first_is_slow(struct rig *rig, struct rig_call *call)
{
	(void)rig;
	if (call->table == 0)
		call->answer_ns += 20 * SEC;
}

Test(pump, a_slow_table_leaves_places_to_others)
{
	struct rig *rig = open_warm((struct rig_options){
	    .tables = 2, .max_in_flight = 16, .script = script_first_is_slow });
	int64_t start = rig->now.ns;
	size_t slow;

	rig_post(rig, 0, 6000);
	rig_run(rig, start + SEC);
	slow = rig->call_count;
	cr_expect_eq(slow, 12, "three quarters while alone: %zu", slow);
	rig_post(rig, 1, 60);
	rig_run(rig, start + SEC + 10 * MS);
	cr_expect_eq(rig->call_count, slow + 1);
	rig_finish(rig, 10 * MINUTE);
	cr_expect_leq(rig->open_most, 16);
	expect_each_once(rig);
	rig_close(rig);
}

Test(pump, a_lane_keeps_to_a_quarter_while_others_wait)
{
	struct rig *rig = open_warm((struct rig_options){
	    .tables = 3, .max_in_flight = 16, .latency_ns = SEC });
	size_t of_table[3] = { 0 };
	int64_t start = rig->now.ns;

	for (uint32_t i = 0; i < 3; i++)
		rig_post(rig, i, 60000);
	rig_run(rig, start + SEC / 2);
	for (size_t i = 0; i < rig->call_count; i++)
		of_table[rig->calls[i].table]++;
	for (int i = 0; i < 3; i++)
		cr_expect_geq(of_table[i], 4, "table %d: %zu", i, of_table[i]);
	rig_finish(rig, 30 * MINUTE);
	expect_each_once(rig);
	rig_close(rig);
}

Test(pump, one_place_in_flight_is_enough)
{
	struct rig *rig =
	    open_warm((struct rig_options){ .tables = 3, .max_in_flight = 1 });

	for (uint32_t i = 0; i < 30; i++)
		rig_post(rig, i % 3, 40);
	rig_finish(rig, MINUTE);
	cr_expect_eq(rig->open_most, 1);
	expect_each_once(rig);
	rig_close(rig);
}

/* ---- the upstream's answers ---- */

static void
script_down_ten_seconds(struct rig *rig, struct rig_call *call)
{
	if (rig->now.ns >= 11 * MINUTE && rig->now.ns < 11 * MINUTE + 10 * SEC)
		call->answer.end = UPSTREAM_UNREACHED;
}

Test(pump, an_outage_of_ten_seconds_loses_and_doubles_nothing)
{
	struct rig *rig = open_warm((struct rig_options){
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
	expect_each_once(rig);
	rig_close(rig);
}

static void script_by_user(struct rig *rig, struct rig_call *call);

/* What the next calls are answered with; then 200. */
static struct {
	size_t count, next;
	struct upstream_answer answers[16];
	uint32_t only_table; /* UINT32_MAX: all */
} script;

static void
script_by_user(struct rig *rig, struct rig_call *call)
{
	void *cookie = call->answer.cookie;

	(void)rig;
	if (script.next == script.count ||
	    (script.only_table != UINT32_MAX &&
		script.only_table != call->table))
		return;
	call->answer = script.answers[script.next++];
	call->answer.cookie = cookie;
}

static void
script_set(size_t count, struct upstream_answer answer)
{
	script.count = count;
	script.next = 0;
	script.only_table = UINT32_MAX;
	for (size_t i = 0; i < count; i++)
		script.answers[i] = answer;
}

static struct upstream_answer
status(unsigned code, int64_t retry_after_ms)
{
	return (struct upstream_answer){
		.status = code, .retry_after_ms = retry_after_ms, .reset_ms = -1
	};
}

Test(pump, retry_after_is_honoured_exactly)
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
		struct rig *rig =
		    open_warm((struct rig_options){ .script = script_by_user });

		script_set(1, status(rows[i].status, rows[i].told_ms));
		rig_post(rig, 0, 60);
		rig_finish(rig, 10 * MINUTE);
		cr_assert_eq(rig->call_count, 2);
		cr_expect_eq(rig->calls[1].sent_ns - rig->calls[0].answer_ns,
		    rows[i].wait_ms * MS, "row %zu", i);
		expect_each_once(rig);
		rig_close(rig);
	}
}

Test(pump, a_rate_limit_reset_counts_with_a_429_only)
{
	struct rig *rig =
	    open_warm((struct rig_options){ .script = script_by_user });

	script_set(1, status(429, -1));
	script.answers[0].reset_ms = 42000;
	rig_post(rig, 0, 60);
	rig_finish(rig, MINUTE);
	cr_expect_eq(rig->calls[1].sent_ns - rig->calls[0].answer_ns, 42 * SEC);

	script_set(1, status(502, -1));
	script.answers[0].reset_ms = 42000;
	rig_post(rig, 0, 60);
	rig_finish(rig, MINUTE);
	cr_expect_leq(rig->calls[3].sent_ns - rig->calls[2].answer_ns, SEC / 2);
	rig_close(rig);
}

Test(pump, a_429_pauses_every_table)
{
	struct rig *rig = open_warm(
	    (struct rig_options){ .tables = 5, .script = script_by_user });
	int64_t answer_ns;

	script_set(1, status(429, 20000));
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
	expect_each_once(rig);
	rig_close(rig);
}

Test(pump, waits_double_and_are_drawn_below_their_ceiling)
{
	static const int64_t ceiling_ms[] = { 500, 1000, 2000, 4000, 8000,
		16000, 32000, 60000, 60000 };
	int64_t wait_ns, least = INT64_MAX, most = 0;

	for (uint64_t seed = 0; seed < 200; seed++) {
		struct rig *rig = open_warm((struct rig_options){
		    .script = script_by_user, .seed = seed });

		script_set(9, status(500, -1));
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

Test(pump, what_needs_a_person_is_kept_and_tried_every_30_s_to_10_min)
{
	static const unsigned statuses[] = { 400, 403, 404, 413, 415, 422, 302,
		418 };

	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		struct rig *rig = open_warm((struct rig_options){
		    .tables = 2, .script = script_by_user });
		int64_t wait_ns;

		script_set(16, status(statuses[i], -1));
		script.only_table = 0;
		rig_post(rig, 0, 60);
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
		expect_each_once(rig);
		rig_close(rig);
	}
}

static void
script_poison(struct rig *rig, struct rig_call *call)
{
	(void)rig;
	if (call->first == 0)
		call->answer.status = 400;
}

Test(pump, a_batch_that_alone_is_refused_does_not_hold_up_its_table)
{
	struct rig *rig =
	    open_warm((struct rig_options){ .script = script_poison });
	int64_t start = rig->now.ns;

	for (int i = 0; i < 600; i++) {
		rig_post(rig, 0, 60);
		rig_run(rig, rig->now.ns + 100 * MS);
	}
	rig_run(rig, rig->now.ns + 2 * SEC);
	cr_expect_eq(rig_arrived(rig, 1), 599 * 60, "all but the poison");
	cr_expect_geq(rig->now.ns - start, 60 * SEC);
	cr_expect_eq(
	    pump_counts(rig->pump).waiting + pump_counts(rig->pump).in_flight,
	    60, "which is kept");
	rig_close(rig);
}

static void
script_table_0_down(struct rig *rig, struct rig_call *call)
{
	if (call->table == 0 && rig->now.ns < 20 * MINUTE)
		call->answer.status = 503;
}

Test(pump, a_failing_table_probes_one_batch_at_a_time)
{
	struct rig *rig = open_warm(
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
	expect_each_once(rig);
	rig_close(rig);
}

/* ---- credentials ---- */

Test(pump, nothing_is_sent_while_there_is_no_credential)
{
	struct rig *rig = open_warm((struct rig_options){ .tables = 3 });
	int64_t start = rig->now.ns;

	rig->ready = false;
	for (uint32_t i = 0; i < 30; i++)
		rig_post(rig, i % 3, 60);
	rig_run(rig, start + 5 * SEC);
	cr_expect_eq(rig->call_count, 0);
	rig->ready = true;
	rig_finish(rig, SEC);
	cr_expect_eq(rig->call_count, 30);
	cr_expect_eq(rig->calls[0].sent_ns, start + 5 * SEC);
	expect_each_once(rig);
	rig_close(rig);
}

static void
script_old_token(struct rig *rig, struct rig_call *call)
{
	if (rig->call_count > 3)
		return;
	call->answer.status = 401;
	call->answer.renewing = true;
}

Test(pump, a_401_goes_again_first_with_the_next_token_and_is_paid_for)
{
	struct rig *rig =
	    open_warm((struct rig_options){ .script = script_old_token });
	struct budget_view view;

	rig_post(rig, 0, 180);
	rig_run(rig, rig->now.ns + 1 * MS);
	cr_expect_eq(rig->call_count, 3);
	rig->ready = false; /* the token is being fetched */
	rig_post(rig, 0, 60);
	rig_run(rig, rig->now.ns + 400 * MS);
	cr_expect_eq(rig->call_count, 3);
	rig->ready = true;
	rig_finish(rig, SEC);
	cr_assert_eq(rig->call_count, 7);
	for (int i = 3; i < 6; i++)
		cr_expect_lt(rig->calls[i].first, 180, "call %d", i);
	view = budget_view(
	    rig->budget, rig->upstream.ops->wall_ms(&rig->upstream));
	cr_expect_eq(view.limit - view.remaining, 7);
	expect_each_once(rig);
	rig_close(rig);
}

Test(pump, a_table_that_is_refused_with_every_token_is_held_alone)
{
	struct rig *rig = open_warm(
	    (struct rig_options){ .tables = 2, .script = script_by_user });
	int64_t start = rig->now.ns;

	script_set(16, status(401, -1));
	script.only_table = 0;
	for (int i = 0; i < 16; i++)
		script.answers[i].renewing = true;
	rig_post(rig, 0, 60);
	for (int i = 0; i < 200; i++) {
		rig_post(rig, 1, 60);
		rig_run(rig, rig->now.ns + 100 * MS);
	}
	cr_expect_eq(rig->now.ns, start + 20 * SEC);
	cr_expect_eq(rig_arrived(rig, 1), 200 * 60);
	cr_expect_leq(script.next, 3, "renewals: %zu", script.next);
	rig_finish(rig, 300 * MINUTE);
	expect_each_once(rig);
	rig_close(rig);
}

static void
script_locked(struct rig *rig, struct rig_call *call)
{
	if (rig->now.ns < 11 * MINUTE + 200 * SEC)
		call->answer.status = 401;
}

Test(pump, a_bad_credential_stops_all_and_one_call_tries)
{
	struct rig *rig = open_warm(
	    (struct rig_options){ .tables = 10, .script = script_locked });
	size_t before, tried;
	int64_t wait_ns;

	rig_run(rig, 11 * MINUTE);
	for (uint32_t i = 0; i < 10; i++)
		rig_post(rig, i, 120);
	rig_run(rig, rig->now.ns + SEC);
	before = rig->call_count;
	cr_expect_eq(before, 20, "what flew before it was known");
	rig_run(rig, 11 * MINUTE + 200 * SEC);
	tried = rig->call_count - before;
	cr_expect_geq(tried, 2, "%zu", tried);
	cr_expect_leq(tried, 3, "%zu", tried);
	wait_ns = rig->calls[before].sent_ns - rig->calls[0].answer_ns;
	cr_expect_geq(wait_ns, 22 * SEC);
	cr_expect_leq(wait_ns, 30 * SEC);
	rig_finish(rig, 10 * MINUTE);
	cr_expect_eq(rig->open_most, 20);
	expect_each_once(rig);
	rig_close(rig);
}

/* ---- tickets ---- */

Test(pump, a_ticket_is_settled_when_its_last_event_was_delivered)
{
	struct rig *rig = open_warm((struct rig_options){ 0 });
	int64_t start = rig->now.ns;
	size_t whole = rig_post_ticket(rig, 0, 30, start + 25 * SEC);
	size_t split = rig_post_ticket(rig, 0, 70, start + 25 * SEC);

	rig_run(rig, start + 10 * MS);
	cr_expect(rig->requests[whole].settled);
	cr_expect_not(rig->requests[split].settled, "40 events wait");
	rig_finish(rig, SEC);
	cr_expect(rig->requests[split].settled);
	cr_expect_eq(rig->requests[whole].ticket.result, TICKET_DELIVERED);
	cr_expect_eq(rig->requests[split].ticket.result, TICKET_DELIVERED);
	cr_expect_eq(rig->requests[split].settled_ns, start + 505 * MS);
	rig_close(rig);
}

static void
expect_withdrawn(const struct rig *rig, size_t request, int64_t at_ns)
{
	cr_assert(rig->requests[request].settled);
	cr_expect_eq(rig->requests[request].ticket.result, TICKET_WITHDRAWN);
	cr_expect_eq(rig->requests[request].settled_ns, at_ns);
}

Test(pump, at_its_deadline_what_is_queued_is_withdrawn)
{
	struct rig *rig = open_warm((struct rig_options){ 0 });
	int64_t start = rig->now.ns;
	size_t r;

	rig->ready = false;
	rig_post(rig, 0, 7);
	r = rig_post_ticket(rig, 0, 100, start + 2 * SEC);
	rig_post(rig, 0, 5);
	rig_run(rig, start + 3 * SEC);
	expect_withdrawn(rig, r, start + 2 * SEC);
	cr_expect_eq(pump_counts(rig->pump).withdrawn, 100);
	cr_expect_eq(pump_counts(rig->pump).waiting, 12);
	rig->ready = true;
	rig_finish(rig, SEC);
	cr_expect_eq(rig_arrived(rig, 1), 12);
	cr_expect_eq(rig_arrived(rig, 0), 100);
	rig_close(rig);
}

Test(pump, at_its_deadline_what_waits_to_go_again_is_withdrawn)
{
	struct rig *rig =
	    open_warm((struct rig_options){ .script = script_by_user });
	int64_t start = rig->now.ns;
	size_t r;

	script_set(1, status(503, 10000));
	rig_post(rig, 0, 7);
	r = rig_post_ticket(rig, 0, 80, start + 2 * SEC);
	rig_post(rig, 0, 40);
	rig_run(rig, start + 3 * SEC);
	/* batches were 60 (failed) and 60 (fine) of 127, 7 are queued */
	cr_expect_eq(rig->call_count, 2);
	expect_withdrawn(rig, r, start + 2 * SEC);
	cr_expect_eq(pump_counts(rig->pump).withdrawn, 53);
	cr_expect_eq(pump_counts(rig->pump).waiting, 14);
	rig_finish(rig, MINUTE);
	cr_expect_eq(rig_arrived(rig, 1), 127 - 53);
	cr_expect_eq(rig_arrived(rig, 0), 53);
	cr_expect_eq(pump_counts(rig->pump).delivered, 127 - 53);
	rig_close(rig);
}

static void
script_slow(struct rig *rig, struct rig_call *call)
{
	call->answer_ns += 5 * SEC;
	if (rig->options.seed == 1) {
		call->answer.end = UPSTREAM_UNKNOWN;
		call->arrives = false;
	}
}

Test(pump, at_its_deadline_what_is_in_flight_may_still_arrive)
{
	for (uint64_t fails = 0; fails < 2; fails++) {
		struct rig *rig = open_warm((struct rig_options){
		    .script = script_slow, .seed = fails });
		int64_t start = rig->now.ns;
		size_t r = rig_post_ticket(rig, 0, 100, start + 2 * SEC);

		rig_run(rig, start + SEC / 4);
		cr_expect_eq(pump_counts(rig->pump).in_flight, 60);
		rig->ready = false;
		rig_run(rig, start + 3 * SEC);
		expect_withdrawn(rig, r, start + 2 * SEC);
		cr_expect_eq(pump_counts(rig->pump).withdrawn, 40);
		cr_expect_eq(pump_counts(rig->pump).in_flight, 60);
		rig->ready = true;
		rig_finish(rig, MINUTE);
		cr_expect_eq(rig->call_count, 1, "never sent again");
		cr_expect_eq(pump_counts(rig->pump).delivered, fails ? 0 : 60);
		cr_expect_eq(
		    pump_counts(rig->pump).withdrawn, fails ? 100 : 40);
		rig_close(rig);
	}
}

Test(pump, deadlines_in_any_order_are_kept)
{
	struct rig *rig = open_warm((struct rig_options){ .tables = 3 });
	int64_t start = rig->now.ns, at_ns;

	rig->ready = false;
	for (uint32_t i = 0; i < 300; i++) {
		at_ns = start + (1 + rig_random(rig, 5000)) * MS;
		rig_post_ticket(rig, i % 3, 1 + i % 5, at_ns);
	}
	rig_run(rig, start + 6 * SEC);
	for (size_t i = 0; i < 300; i++)
		expect_withdrawn(rig, i, rig->requests[i].ticket.deadline.ns);
	rig_close(rig);
}

/* ---- the end ---- */

Test(pump, draining_lingers_no_more)
{
	struct rig *rig = open_warm((struct rig_options){
	    .tables = 3, .batch = { 60, 1000000, 60000 } });
	int64_t start = rig->now.ns;

	for (uint32_t i = 0; i < 3; i++)
		rig_post(rig, i, 5);
	rig_run(rig, start + 100 * MS);
	cr_expect_eq(rig->call_count, 0);
	pump_drain(rig->pump, INSTANT_NEVER);
	rig_post(rig, 0, 5);
	rig_finish(rig, 100 * MS);
	expect_each_once(rig);
	rig_close(rig);
}

Test(pump, draining_withdraws_every_ticket_at_its_time)
{
	struct rig *rig = open_warm((struct rig_options){ 0 });
	int64_t start = rig->now.ns;
	size_t before, after;

	rig->ready = false;
	before = rig_post_ticket(rig, 0, 5, start + 25 * SEC);
	rig_run(rig, start + 100 * MS);
	pump_drain(rig->pump, (struct instant){ start + SEC });
	rig_run(rig, start + 2 * SEC);
	expect_withdrawn(rig, before, start + SEC);
	after = rig_post_ticket(rig, 0, 5, start + 25 * SEC);
	rig_run(rig, start + 3 * SEC);
	expect_withdrawn(rig, after, start + 2 * SEC);
	rig_close(rig);
}

/* ---- everything at once ---- */

static void
script_storm(struct rig *rig, struct rig_call *call)
{
	static const unsigned statuses[] = { 500, 502, 503, 429, 408, 401, 400,
		404 };
	uint32_t dice = rig_random(rig, 100);

	call->answer_ns += rig_random(rig, 200) * MS;
	if (rig->now.ns > 20 * MINUTE || dice >= 12)
		return;
	if (dice < 8)
		call->answer.status = statuses[dice];
	else
		call->answer.end = UPSTREAM_UNREACHED;
	call->answer.renewing = rig_random(rig, 8) > 0;
	if (rig_random(rig, 4) == 0)
		call->answer.retry_after_ms = rig_random(rig, 3000);
}

static void
soak(uint64_t seed, int steps)
{
	struct rig *rig =
	    rig_open(&(struct rig_options){ .tables = 1 + (uint32_t)(seed % 7),
		.batch = { 1 + seed * 13 % 60, 2000, seed * 37 % 700 },
		.calls_per_minute = seed % 3 ? 30000 : 900,
		.max_in_flight = 1 + seed % 20,
		.script = script_storm,
		.seed = seed });
	uint32_t table, events, withdrawn = 0;

	for (int i = 0; i < steps; i++) {
		table = rig_random(rig, rig->options.tables);
		events = 1 + (rig_random(rig, 5) ? 0 : rig_random(rig, 90));
		if (rig_random(rig, 2))
			rig_post(rig, table, events);
		else
			rig_post_ticket(rig, table, events,
			    rig->now.ns + rig_random(rig, 4000) * MS);
		if (rig_random(rig, 100) == 0)
			rig->ready = !rig->ready;
		rig_run(rig, rig->now.ns + rig_random(rig, 60) * MS);
	}
	rig->ready = true;
	rig_run(rig, 20 * MINUTE);
	rig_finish(rig, 600 * MINUTE);
	cr_expect_leq(rig_fullest_calls(rig, MINUTE),
	    rig->options.calls_per_minute, "seed %u", (unsigned)seed);
	for (uint32_t i = 0; i < rig->event_count; i++) {
		cr_assert_leq(rig->arrived[i], 1, "seed %u event %u twice",
		    (unsigned)seed, i);
		withdrawn += rig->arrived[i] == 0;
	}
	cr_assert_eq(withdrawn, pump_counts(rig->pump).withdrawn, "seed %u",
	    (unsigned)seed);
	for (size_t i = 0; i < rig->request_count; i++) {
		const struct rig_request *r = &rig->requests[i];

		for (uint32_t e = 0; e < r->events; e++) {
			bool delivered = r->ticket.result == TICKET_DELIVERED;

			cr_assert(!delivered || rig->arrived[r->first + e],
			    "seed %u", (unsigned)seed);
		}
	}
	rig_close(rig);
}

static int64_t
setting(const char *name, int64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

/* PUMP_SEED, PUMP_SEEDS: where to start, how many. */
Test(pump, a_storm_of_everything_loses_and_doubles_nothing, .timeout = 3600)
{
	int64_t seed = setting("PUMP_SEED", 1);
	int64_t seeds = setting("PUMP_SEEDS", 40);

	for (int64_t i = seed; i < seed + seeds; i++)
		soak((uint64_t)i, 1500);
}
