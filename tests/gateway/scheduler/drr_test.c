/*
 * The pump on the rig: lanes share by weight while calls or bytes are
 * scarce.
 */
#include <criterion/criterion.h>

#include "gateway/scheduler/drr.h"
#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

/* 49 quiet tables need a quarter of the calls, one wants twice all of them. */
Test(drr, one_busy_table_does_not_delay_49_others)
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
				rig_post_awaited(rig, t, 1 + rig_random(rig, 5),
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

		wait_ns =
		    r->settled_ns - (r->completion.deadline.ns - 60 * MINUTE);
		most_ns = wait_ns > most_ns ? wait_ns : most_ns;
	}
	cr_expect_leq(most_ns, SEC, "2 x linger; %ld ms", (long)(most_ns / MS));
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(drr, lanes_share_calls_by_weight)
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

/* Lanes that always want to send batches of one size each. */
struct ring {
	struct table table;
	struct lane lanes[50];
	size_t bytes[50];
	int64_t spent[50];
	size_t count;
};

/* The most visits that a payment took, of so many. */
static size_t
pay_in_rounds(struct ring *ring, struct drr drr, size_t payments)
{
	struct list ready = { 0 };
	size_t visits = 0, most = 0, i;
	struct lane *lane;

	ring->table.options.weight = 1;
	for (i = 0; i < ring->count; i++) {
		ring->lanes[i].table = &ring->table;
		list_push_back(&ready, &ring->lanes[i].ready);
	}
	while (payments > 0) {
		lane = LIST_OWNER(list_pop(&ready), struct lane, ready);
		i = (size_t)(lane - ring->lanes);
		visits++;
		if (drr_visit(&drr, lane, &ready) &&
		    drr_covers(&drr, lane, ring->bytes[i])) {
			ring->spent[i] +=
			    drr.call_bytes + (int64_t)ring->bytes[i];
			most = visits > most ? visits : most;
			visits = 0;
			payments--;
			if (drr_pay(&drr, lane, ring->bytes[i])) {
				list_push_front(&ready, &lane->ready);
				continue;
			}
		}
		list_push_back(&ready, &lane->ready);
	}
	return most;
}

/* Large batches and small ones: what counts is what both cost. */
Test(drr, calls_and_bytes_are_one_currency_and_no_payment_takes_long)
{
	static const int64_t call_bytes[] = { 1, 12, 1000, 72000, 5000000 };

	for (size_t k = 0; k < sizeof call_bytes / sizeof *call_bytes; k++) {
		struct ring ring = { .bytes = { 1000, 100000, 1000000 } };
		size_t most, i;

		ring.count = 50;
		for (i = 3; i < ring.count; i++)
			ring.bytes[i] = 800000 + 7919 * i;
		most = pay_in_rounds(
		    &ring, (struct drr){ .call_bytes = call_bytes[k] }, 200000);
		cr_expect_leq(most, 3 * ring.count, "%ld: %zu visits",
		    (long)call_bytes[k], most);
		for (i = 1; i < ring.count; i++) {
			cr_expect_geq(ring.spent[i], ring.spent[0] / 100 * 98,
			    "%ld: %zu", (long)call_bytes[k], i);
			cr_expect_leq(ring.spent[i], ring.spent[0] / 100 * 102,
			    "%ld: %zu", (long)call_bytes[k], i);
		}
	}
}
