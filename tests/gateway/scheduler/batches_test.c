/*
 * The pump on the rig: how events become batches.
 */
#include <criterion/criterion.h>

#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

Test(batches, a_batch_closes_at_max_events_without_lingering)
{
	struct rig *rig = rig_open_warm((struct rig_options){ 0 });
	int64_t start = rig->now.ns;

	for (int i = 0; i < 60; i++)
		rig_post(rig, 0, 1);
	rig_run(rig, start + 10 * MS);
	cr_assert_eq(rig->call_count, 1);
	cr_expect_eq(rig->calls[0].events, 60);
	cr_expect_eq(rig->calls[0].sent_ns, start);
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(batches, a_batch_closes_a_linger_after_its_first_event)
{
	struct rig *rig = rig_open_warm((struct rig_options){ 0 });
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

Test(batches, a_batch_closes_at_max_bytes_exactly)
{
	struct rig *rig = rig_open_warm((struct rig_options){
	    .batch = { 1000, 1000, 500, 0, 0 }, .line_bytes = 100 });
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

Test(batches, requests_are_split_where_they_must_be_and_only_between_lines)
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
		struct rig *rig = rig_open_warm(
		    (struct rig_options){ .batch = { rows[i].max_events,
					      rows[i].max_bytes, 500, 0, 0 },
			.line_bytes = rows[i].line_bytes });

		rig_post(rig, 0, rows[i].request);
		rig_finish(rig, MINUTE);
		cr_expect_eq(rig->call_count, rows[i].calls, "row %zu: %zu", i,
		    rig->call_count);
		cr_expect_eq(
		    rig->calls[0].events, rows[i].first_events, "row %zu", i);
		rig_expect_each_once(rig);
		rig_close(rig);
	}
}

Test(batches, a_thousand_single_events_make_seventeen_calls)
{
	struct rig *rig = rig_open_warm((struct rig_options){ 0 });

	for (int i = 0; i < 1000; i++)
		rig_post(rig, 0, 1);
	rig_finish(rig, MINUTE);
	cr_expect_eq(rig->call_count, 17, "%zu", rig->call_count);
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(batches, events_go_out_in_the_order_they_came)
{
	struct rig *rig = rig_open_warm((struct rig_options){ 0 });

	for (uint32_t i = 0; i < 500; i++)
		rig_post(rig, 0, 1 + i % 70);
	rig_finish(rig, MINUTE);
	for (size_t i = 1; i < rig->call_count; i++)
		cr_assert_eq(rig->calls[i].first,
		    rig->calls[i - 1].first + rig->calls[i - 1].events);
	rig_close(rig);
}

Test(batches, fifty_tables_deliver_twenty_thousand_events_once_each)
{
	struct rig *rig = rig_open_warm((struct rig_options){ .tables = 50 });
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
	rig_expect_each_once(rig);
	cr_expect_lt(rig->call_count, 1500, "%zu", rig->call_count);
	rig_close(rig);
}

Test(batches, batches_fill_while_calls_are_scarce)
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
	rig_expect_each_once(rig);
	rig_close(rig);
}
