/*
 * The pump on the rig: batches grow when calls are scarce, and only then.
 */
#include <criterion/criterion.h>

#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

static struct rig *
open_bursting(uint32_t tables, uint64_t burst_events)
{
	return rig_open(&(struct rig_options){ .tables = tables,
	    .calls_per_minute = 600,
	    .line_bytes = 100,
	    .batch = { 60, 1000000, 500, burst_events, 5000 } });
}

/* Events for 40 usual batches a second, of which 10 may go. */
static void
pour(struct rig *rig, uint32_t tables, int64_t minutes)
{
	int64_t end = rig->now.ns + minutes * MINUTE;

	while (rig->now.ns < end) {
		for (uint32_t t = 0; t < tables; t++)
			rig_post(rig, t, 240 / tables);
		rig_run(rig, rig->now.ns + 100 * MS);
	}
}

Test(burst, small_events_at_four_times_the_limit_drain)
{
	static const uint32_t tables[] = { 1, 4, 20 };

	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		struct rig *rig = open_bursting(tables[i], 1000);
		int64_t start;

		pour(rig, tables[i], 3);
		start = rig->now.ns;
		rig_finish(rig, 30 * SEC);
		cr_expect_leq(rig->now.ns - start, 10 * SEC, "%u: %ld ms",
		    tables[i], (long)((rig->now.ns - start) / MS));
		cr_expect_leq(rig_fullest_calls(rig, MINUTE), 600);
		rig_expect_each_once(rig);
		rig_close(rig);
	}
}

Test(burst, without_it_they_queue_behind_the_limit)
{
	struct rig *rig = open_bursting(4, 0);

	pour(rig, 4, 3);
	cr_expect_geq(pump_counts(rig->pump).waiting, 180 * 30 * 60 * 9 / 10);
	rig_close(rig);
}

Test(burst, with_room_batches_are_of_the_usual_size)
{
	struct rig *rig = open_bursting(4, 1000);
	int64_t end;
	size_t before;

	pour(rig, 4, 1);
	rig_run(rig, rig->now.ns + 30 * SEC);
	before = rig->call_count;
	end = rig->now.ns + MINUTE;
	while (rig->now.ns < end) {
		rig_post(rig, 0, 15);
		rig_run(rig, rig->now.ns + 100 * MS);
	}
	cr_expect_geq(rig->call_count, before + 140);
	for (size_t i = before; i < rig->call_count; i++)
		cr_expect_leq(rig->calls[i].events, 75);
	rig_finish(rig, MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

/* A quiet table beside loud ones keeps its linger. */
Test(burst, a_lane_that_does_not_make_calls_scarce_does_not_wait)
{
	struct rig *rig = open_bursting(5, 1000);
	int64_t most_ns = 0, wait_ns;

	for (int i = 0; i < 1800; i++) {
		for (uint32_t t = 0; t < 4; t++)
			rig_post(rig, t, 60);
		if (i % 10 == 0)
			rig_post_awaited(rig, 4, 3, rig->now.ns + 600 * SEC);
		rig_run(rig, rig->now.ns + 100 * MS);
	}
	rig_finish(rig, 30 * SEC);
	for (size_t i = 12; i < rig->request_count; i++) { /* of one a second */
		wait_ns = rig->requests[i].settled_ns -
			  (rig->requests[i].completion.deadline.ns - 600 * SEC);
		most_ns = wait_ns > most_ns ? wait_ns : most_ns;
	}
	cr_expect_leq(most_ns, SEC, "2 x linger; %ld ms", (long)(most_ns / MS));
	rig_close(rig);
}
