/*
 * The pump on the rig: turns between lanes while calls or bytes are scarce.
 */
#include <criterion/criterion.h>

#include "gateway/transmit/share.h"
#include "tests/gateway/transmit/rig.h"

#define MINUTE (60 * SEC)

/* 49 quiet tables need a quarter of the calls, one wants twice all of them. */
Test(turns, one_loud_table_does_not_delay_49_quiet_ones)
{
	struct rig *rig = rig_open_warm((struct rig_options){
	    .tables = 50, .calls_per_minute = 6000, .line_bytes = 100 });
	int64_t end = rig->now.ns + 2 * MINUTE, wait_ns, most_ns = 0;
	size_t loud = 0, calls = rig->call_count;

	while (rig->now.ns < end) {
		for (int i = 0; i < 20; i++)
			rig_post(rig, 0, 60);
		for (uint32_t t = 1; t < 50; t++)
			if (rig_random(rig, 20) == 0)
				rig_post_ticket(rig, t, 1 + rig_random(rig, 5),
				    rig->now.ns + 60 * MINUTE);
		rig_run(rig, rig->now.ns + 100 * MS);
	}
	for (size_t i = calls; i < rig->call_count; i++)
		loud += rig->calls[i].table == 0;
	calls = rig->call_count - calls;
	cr_expect_geq(calls, 2 * 6000 * 97 / 100, "all is used: %zu", calls);
	cr_expect_geq(loud, calls / 2, "the loud one gets the rest: %zu", loud);
	rig_finish(rig, 60 * MINUTE);
	for (size_t i = 0; i < rig->request_count; i++) {
		const struct rig_request *r = &rig->requests[i];

		wait_ns = r->settled_ns - (r->ticket.deadline.ns - 60 * MINUTE);
		most_ns = wait_ns > most_ns ? wait_ns : most_ns;
	}
	cr_expect_leq(most_ns, SEC, "2 x linger; %ld ms", (long)(most_ns / MS));
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(turns, weight_is_a_share)
{
	struct rig *rig = rig_open(&(struct rig_options){ .tables = 3,
	    .weight_0 = 4,
	    .calls_per_minute = 600,
	    .line_bytes = 100 });
	size_t of[3] = { 0 };

	for (uint32_t t = 0; t < 3; t++)
		for (int i = 0; i < 20; i++)
			rig_post(rig, t, 6000);
	rig_run(rig, 2 * MINUTE);
	for (size_t i = 0; i < rig->call_count; i++)
		of[rig->calls[i].table]++;
	cr_expect_geq(of[0], 38 * of[1] / 10, "%zu %zu", of[0], of[1]);
	cr_expect_leq(of[0], 42 * of[1] / 10, "%zu %zu", of[0], of[1]);
	cr_expect_leq(of[1], of[2] + 2);
	cr_expect_leq(of[2], of[1] + 2);
	rig_close(rig);
}

/* Large batches and small ones: what counts is what both cost. */
Test(turns, calls_and_bytes_are_one_currency)
{
	static const size_t bytes[3] = { 1000, 100000, 1000000 };
	const struct share share = { .call_bytes = 72000 };
	struct table table = { .options = { .weight = 1 } };
	struct lane lanes[3] = { { .table = &table }, { .table = &table },
		{ .table = &table } };
	int64_t spent[3] = { 0 };

	for (int i = 0; i < 30000; i++) {
		struct lane *lane = &lanes[i % 3];

		if (!share_visit(&share, lane) ||
		    !share_covers(&share, lane, bytes[i % 3]))
			continue;
		share_pay(&share, lane, bytes[i % 3]);
		spent[i % 3] += share.call_bytes + (int64_t)bytes[i % 3];
	}
	for (int i = 1; i < 3; i++) {
		cr_expect_geq(spent[i], spent[0] / 100 * 99, "%d", i);
		cr_expect_leq(spent[i], spent[0] / 100 * 101, "%d", i);
	}
}
