/*
 * The pump on the rig: requests that wait for delivery, and the end.
 */
#include <criterion/criterion.h>

#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

Test(completions, a_request_is_completed_when_its_last_event_was_delivered)
{
	struct rig *rig = rig_open_warm((struct rig_options){ 0 });
	int64_t start = rig->now.ns;
	size_t whole = rig_post_awaited(rig, 0, 30, start + 25 * SEC);
	size_t split = rig_post_awaited(rig, 0, 70, start + 25 * SEC);

	rig_run(rig, start + 10 * MS);
	cr_expect(rig->requests[whole].settled);
	cr_expect_not(rig->requests[split].settled, "40 events wait");
	rig_finish(rig, SEC);
	cr_expect(rig->requests[split].settled);
	cr_expect_eq(
	    rig->requests[whole].completion.result, COMPLETION_DELIVERED);
	cr_expect_eq(
	    rig->requests[split].completion.result, COMPLETION_DELIVERED);
	cr_expect_eq(rig->requests[split].settled_ns, start + 505 * MS);
	rig_close(rig);
}

static void
expect_withdrawn(const struct rig *rig, size_t request, int64_t at_ns)
{
	cr_assert(rig->requests[request].settled);
	cr_expect_eq(
	    rig->requests[request].completion.result, COMPLETION_WITHDRAWN);
	cr_expect_eq(rig->requests[request].settled_ns, at_ns);
}

Test(completions, at_its_deadline_what_is_queued_is_withdrawn)
{
	struct rig *rig = rig_open_warm((struct rig_options){ 0 });
	int64_t start = rig->now.ns;
	size_t r;

	rig->ready = false;
	rig_post(rig, 0, 7);
	r = rig_post_awaited(rig, 0, 100, start + 2 * SEC);
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

Test(completions, at_its_deadline_what_waits_to_go_again_is_withdrawn)
{
	struct rig *rig = rig_open_warm((struct rig_options){ 0 });
	int64_t start = rig->now.ns;
	size_t r;

	rig_answer(rig, 1, RIG_ANY, rig_status(503, 10000));
	rig_post(rig, 0, 7);
	r = rig_post_awaited(rig, 0, 80, start + 2 * SEC);
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

Test(completions, at_its_deadline_what_is_in_flight_may_still_arrive)
{
	for (uint64_t fails = 0; fails < 2; fails++) {
		struct rig *rig = rig_open_warm((struct rig_options){
		    .script = script_slow, .seed = fails });
		int64_t start = rig->now.ns;
		size_t r = rig_post_awaited(rig, 0, 100, start + 2 * SEC);

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
		cr_expect_eq(spool_bytes(rig->spool), 0, "given back");
		cr_expect_eq(pump_counts(rig->pump).delivered, fails ? 0 : 60);
		cr_expect_eq(
		    pump_counts(rig->pump).withdrawn, fails ? 100 : 40);
		rig_close(rig);
	}
}

Test(completions, deadlines_in_any_order_are_kept)
{
	struct rig *rig = rig_open_warm((struct rig_options){ .tables = 3 });
	int64_t start = rig->now.ns, at_ns;

	rig->ready = false;
	for (uint32_t i = 0; i < 300; i++) {
		at_ns = start + (1 + rig_random(rig, 5000)) * MS;
		rig_post_awaited(rig, i % 3, 1 + i % 5, at_ns);
	}
	rig_run(rig, start + 6 * SEC);
	for (size_t i = 0; i < 300; i++)
		expect_withdrawn(
		    rig, i, rig->requests[i].completion.deadline.ns);
	rig_close(rig);
}

Test(completions, draining_lingers_no_more)
{
	struct rig *rig = rig_open_warm((struct rig_options){
	    .tables = 3, .batch = { 60, 1000000, 60000, 0, 0 } });
	int64_t start = rig->now.ns;

	for (uint32_t i = 0; i < 3; i++)
		rig_post(rig, i, 5);
	rig_run(rig, start + 100 * MS);
	cr_expect_eq(rig->call_count, 0);
	pump_drain(rig->pump, INSTANT_NEVER);
	rig_post(rig, 0, 5);
	rig_finish(rig, 100 * MS);
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(completions, draining_withdraws_every_completion_at_its_time)
{
	struct rig *rig = rig_open_warm((struct rig_options){ 0 });
	int64_t start = rig->now.ns;
	size_t before, after;

	rig->ready = false;
	before = rig_post_awaited(rig, 0, 5, start + 25 * SEC);
	rig_run(rig, start + 100 * MS);
	pump_drain(rig->pump, (struct instant){ start + SEC });
	rig_run(rig, start + 2 * SEC);
	expect_withdrawn(rig, before, start + SEC);
	after = rig_post_awaited(rig, 0, 5, start + 25 * SEC);
	rig_run(rig, start + 3 * SEC);
	expect_withdrawn(rig, after, start + 2 * SEC);
	rig_close(rig);
}
