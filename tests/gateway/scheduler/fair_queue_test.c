/*
 * The pump on the rig: producers of one table while its calls are scarce.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

/* Ten calls a second, of sixty events; larger batches are not to be had. */
static struct rig *
open_scarce(uint32_t tables)
{
	return rig_open_warm((struct rig_options){ .tables = tables,
	    .batch = { 60, 1000000, 500, 60, 500 },
	    .calls_per_minute = 600,
	    .max_in_flight = 16,
	    .line_bytes = 100 });
}

static int64_t
delay_ns(const struct rig *rig, const struct rig_request *r)
{
	int64_t posted_ns = r->completion.deadline.ns - 600 * MINUTE;

	return (r->settled ? r->settled_ns : rig->now.ns) - posted_ns;
}

/* The longest that a request of the producer took. */
static int64_t
worst_ns(const struct rig *rig, const char *producer)
{
	int64_t worst = 0;

	for (size_t i = 0; i < rig->request_count; i++) {
		const struct rig_request *r = &rig->requests[i];

		if (strcmp(r->producer, producer) == 0 &&
		    delay_ns(rig, r) > worst)
			worst = delay_ns(rig, r);
	}
	return worst;
}

static void
post_as(struct rig *rig, const char *producer, uint32_t events)
{
	rig_name(rig, producer);
	rig_post_awaited(rig, 0, events, rig->now.ns + 600 * MINUTE);
}

/* What it sent and what arrived of it. */
static uint32_t
arrived_of(const struct rig *rig, const char *producer)
{
	uint32_t events = 0;

	for (size_t i = 0; i < rig->request_count; i++)
		if (strcmp(rig->requests[i].producer, producer) == 0 &&
		    rig->requests[i].settled)
			events += rig->requests[i].events;
	return events;
}

/* One sends twice what the calls can carry, nine others a tenth of it. */
Test(fair_queue, a_busy_producer_does_not_delay_the_others_of_its_table)
{
	static const char *const quiet[] = { "a", "b", "c", "d", "e", "f", "g",
		"h", "i" };
	struct rig *rig = open_scarce(1);
	int64_t end = rig->now.ns + 3 * MINUTE;
	size_t calls = rig->call_count;

	for (int n = 0; rig->now.ns < end; n++) {
		for (int i = 0; i < 6; i++)
			post_as(rig, "loud", 20);
		if (n % 2 == 0)
			post_as(rig, quiet[n / 2 % 9], 12);
		rig_run(rig, rig->now.ns + 100 * MS);
	}
	calls = rig->call_count - calls;
	cr_expect_geq(calls, 3 * 600 * 97 / 100, "all is used: %zu", calls);
	for (size_t i = 0; i < 9; i++)
		cr_expect_leq(worst_ns(rig, quiet[i]), SEC,
		    "%s: 2 x linger; %ld ms", quiet[i],
		    (long)(worst_ns(rig, quiet[i]) / MS));
	cr_expect_geq(worst_ns(rig, "loud"), 20 * SEC, "it has itself to wait");
	cr_expect_geq(arrived_of(rig, "loud"), 3 * 600 * 60 * 80 / 100,
	    "and gets the rest: %u", arrived_of(rig, "loud"));
	rig_finish(rig, 60 * MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

static void
post_loud(struct rig *rig, int64_t until_ns)
{
	while (rig->now.ns < until_ns) {
		for (int i = 0; i < 10; i++)
			post_as(rig, "small", 4);
		for (int i = 0; i < 30; i++)
			post_as(rig, "flood", 10);
		post_as(rig, "large", 60);
		rig_run(rig, rig->now.ns + 100 * MS);
	}
}

static void
expect_near(uint32_t value, uint32_t other, const char *what)
{
	cr_expect(value < other * 13 / 10 && other < value * 13 / 10,
	    "%s: %u %u", what, value, other);
}

/* Small requests, large ones, and a flood: by bytes they get the same. */
Test(fair_queue, busy_producers_get_the_same_whatever_their_request_size)
{
	struct rig *rig = open_scarce(1);
	int64_t start = rig->now.ns;
	uint32_t small, large, flood;

	/* In bytes, with 256 for each request, as finish tags count them. */
	post_loud(rig, start + 10 * SEC);
	small = arrived_of(rig, "small") * (400 + 256) / 4;
	flood = arrived_of(rig, "flood") * (1000 + 256) / 10;
	large = arrived_of(rig, "large") * (6000 + 256) / 60;
	expect_near(small, large, "small, large");
	expect_near(flood, large, "flood, large");

	/*
	 * Half of the calls are for what came in the last ten seconds, of which
	 * the one with the shortest queue has most.
	 */
	post_loud(rig, start + 3 * MINUTE);
	small = arrived_of(rig, "small");
	flood = arrived_of(rig, "flood");
	cr_expect_geq(small, 3 * 600 * 60 / 9, "small: %u", small);
	cr_expect_leq(flood, 3 * 600 * 60 / 3, "flood: %u", flood);
	rig_finish(rig, 60 * MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

/* A thousand names and more, of whom the last share a number. */
Test(fair_queue, of_many_each_gets_its_first_before_others_their_third)
{
	struct rig *rig = open_scarce(1);
	char name[32];
	uint32_t got = 0;

	for (int i = 0; i < 1200; i++) {
		snprintf(name, sizeof name, "producer-%d", i);
		for (int k = 0; k < 3; k++)
			post_as(rig, name, 5);
	}
	/* 18,000 events wait: the first of each are a third of them. */
	rig_run(rig, rig->now.ns + 15 * SEC);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "producer-%d", i);
		got += arrived_of(rig, name) > 0;
	}
	cr_expect_geq(got, 950, "%u of the first thousand", got);
	rig_finish(rig, 60 * MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

/* An outage's backlog of one, then others come: live ones are shared too. */
Test(fair_queue,
    a_producer_that_comes_after_an_outage_does_not_wait_for_the_backlog)
{
	struct rig *rig = open_scarce(1);
	int64_t end;

	rig_answer(rig, 1, 0, rig_status(503, 60000));
	post_as(rig, "loud", 1);
	rig_run(rig, rig->now.ns + 10 * SEC);
	for (int i = 0; i < 500; i++)
		post_as(rig, "loud", 60);
	rig_run(rig, rig->now.ns + 62 * SEC);
	end = rig->now.ns + 20 * SEC;
	while (rig->now.ns < end) {
		for (int i = 0; i < 6; i++)
			post_as(rig, "loud", 20);
		post_as(rig, "quiet", 5);
		rig_run(rig, rig->now.ns + 200 * MS);
	}
	rig_run(rig, rig->now.ns + 2 * SEC);
	cr_expect_leq(worst_ns(rig, "quiet"), 1200 * MS, "%ld ms",
	    (long)(worst_ns(rig, "quiet") / MS));
	rig_finish(rig, 60 * MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}
