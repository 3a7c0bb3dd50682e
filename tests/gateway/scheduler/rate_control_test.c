/*
 * The pump on the rig: the budget, sharing between tables, calls in flight.
 */
#include <criterion/criterion.h>

#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

Test(rate_control, no_minute_exceeds_the_limit_and_overload_uses_nearly_all)
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
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(rate_control, no_second_exceeds_the_bytes)
{
	struct rig *rig = rig_open(&(struct rig_options){ .tables = 3,
	    .batch = { 1000, 100000, 500, 0, 0 },
	    .bytes_per_second = 500000,
	    .line_bytes = 390 });

	for (int i = 0; i < 100; i++)
		rig_post(rig, (uint32_t)i % 3, 250);
	rig_finish(rig, 2 * MINUTE);
	cr_expect_leq(rig_fullest_bytes(rig, SEC), 500000);
	cr_expect_leq(rig->now.ns, 30 * SEC, "24.4 s at 400,000 a second");
	rig_expect_each_once(rig);
	rig_close(rig);
}

/* Retries pay like any call. */
static void
script_half_503(struct rig *rig, struct rig_call *call)
{
	call->answer.status = rig_random(rig, 2) ? 200 : 503;
}

Test(rate_control, retries_are_paid_for)
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
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(rate_control, lanes_alternate)
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
	rig_expect_each_once(rig);
	rig_close(rig);
}

static void
script_first_is_slow(struct rig *rig, struct rig_call *call)
{
	(void)rig;
	if (call->table == 0)
		call->answer_ns += 20 * SEC;
}

Test(rate_control, a_slow_table_leaves_calls_in_flight_to_others)
{
	struct rig *rig = rig_open_warm((struct rig_options){
	    .tables = 2, .max_in_flight = 16, .script = script_first_is_slow });
	int64_t start = rig->now.ns;
	size_t slow;

	rig_post(rig, 0, 6000);
	rig_run(rig, start + SEC);
	slow = rig->call_count;
	cr_expect_eq(slow, 4, "a quarter until it is known: %zu", slow);
	rig_post(rig, 1, 60);
	rig_run(rig, start + SEC + 10 * MS);
	cr_expect_eq(rig->call_count, slow + 1);
	rig_finish(rig, 10 * MINUTE);
	cr_expect_leq(rig->open_most, 16);
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(rate_control, a_lane_keeps_to_a_quarter_while_others_wait)
{
	struct rig *rig = rig_open_warm((struct rig_options){
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
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(rate_control, one_call_in_flight_is_enough)
{
	struct rig *rig = rig_open_warm(
	    (struct rig_options){ .tables = 3, .max_in_flight = 1 });

	for (uint32_t i = 0; i < 30; i++)
		rig_post(rig, i % 3, 40);
	rig_finish(rig, MINUTE);
	cr_expect_eq(rig->open_most, 1);
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(rate_control, beyond_a_quarter_a_lane_lets_others_go_first)
{
	struct rig *rig = rig_open_warm((struct rig_options){
	    .tables = 2, .max_in_flight = 16, .latency_ns = SEC });
	size_t of_first = 0;
	int64_t start;

	rig_post(rig, 0, 60);
	rig_run(rig, rig->now.ns + 2 * SEC); /* its answers are quick */
	start = rig->now.ns;
	rig_post(rig, 0, 8 * 60);
	rig_run(rig, start + SEC / 4);
	cr_expect_eq(rig->open_count, 8);
	rig_post(rig, 0, 60 * 60);
	rig_post(rig, 1, 60 * 60);
	rig_run(rig, start + SEC / 2);
	for (size_t i = 1; i < rig->call_count; i++)
		of_first += rig->calls[i].table == 0;
	cr_expect_eq(of_first, 8, "%zu", of_first);
	rig_finish(rig, MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}
