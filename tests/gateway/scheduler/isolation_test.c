/*
 * The pump on the rig: a table's trouble is no other table's.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

enum { TABLES = 50, BROKEN = 5 };

/* The first five are broken, each in a way of its own. */
static void
script_five_broken(struct rig *rig, struct rig_call *call)
{
	call->answer_ns += rig_random(rig, 20) * MS;
	switch (call->table) {
	case 0:
		call->answer.status = 404;
		break;
	case 1:
		call->answer.status = 403;
		break;
	case 2:
		call->answer.status = 400;
		break;
	case 3: /* what a timeout of 20 s makes of an answer after 29 s */
		call->answer_ns = call->sent_ns + 20 * SEC;
		call->answer.end = UPSTREAM_UNKNOWN;
		call->arrives = false;
		break;
	case 4:
		call->answer.end = UPSTREAM_UNKNOWN;
		call->arrives = false;
		break;
	}
}

static void
script_healthy(struct rig *rig, struct rig_call *call)
{
	call->answer_ns += rig_random(rig, 20) * MS;
}

struct delays {
	double mean_ms;
	int64_t most_ms;
	size_t probes, calls;
};

/* Ten minutes of all tables alike, and how long the good 45 waited. */
static struct delays
run(bool broken, uint64_t calls_per_minute, uint64_t max_in_flight)
{
	struct rig *rig = rig_open_warm((struct rig_options){ .tables = TABLES,
	    .keeps_dead_letters = true,
	    .seed = 7,
	    .line_bytes = 100,
	    .calls_per_minute = calls_per_minute,
	    .max_in_flight = max_in_flight,
	    .script = broken ? script_five_broken : script_healthy });
	int64_t end = rig->now.ns + 10 * MINUTE, wait_ms, sum_ms = 0;
	struct delays delays = { 0 };
	size_t count = 0;

	while (rig->now.ns < end) {
		for (uint32_t t = 0; t < TABLES; t++)
			if (t < BROKEN)
				rig_post(rig, t, 10 + rig_random(rig, 20));
			else
				rig_post_awaited(rig, t,
				    10 + rig_random(rig, 20),
				    rig->now.ns + 60 * MINUTE);
		rig_run(rig, rig->now.ns + SEC);
	}
	rig_run(rig, rig->now.ns + MINUTE);
	for (size_t i = 0; i < rig->request_count; i++) {
		const struct rig_request *r = &rig->requests[i];

		cr_assert(
		    r->settled && r->completion.result == COMPLETION_DELIVERED);
		wait_ms = (r->settled_ns -
			      (r->completion.deadline.ns - 60 * MINUTE)) /
			  MS;
		sum_ms += wait_ms;
		count++;
		if (wait_ms > delays.most_ms)
			delays.most_ms = wait_ms;
	}
	delays.mean_ms = (double)sum_ms / (double)count;
	delays.calls = rig->call_count;
	for (size_t i = 0; i < rig->call_count; i++)
		delays.probes += rig->calls[i].table < BROKEN;
	if (broken)
		cr_expect_eq(rig_dead_lettered(rig), 0);
	cr_expect_leq(rig_fullest_calls(rig, MINUTE), calls_per_minute);
	rig_close(rig);
	return delays;
}

Test(isolation, five_broken_tables_slow_none_of_the_others_by_a_tenth)
{
	static const struct {
		const char *what;
		uint64_t calls_per_minute, max_in_flight;
	} rows[] = {
		{ "room for all", 83334, 256 },
		{ "few places", 83334, 8 },
		{ "calls just suffice", 3300, 256 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct delays good =
		    run(false, rows[i].calls_per_minute, rows[i].max_in_flight);
		struct delays bad =
		    run(true, rows[i].calls_per_minute, rows[i].max_in_flight);

		fprintf(stderr,
		    "%s: mean %.0f ms, most %ld ms; with five broken %.0f ms, "
		    "%ld ms; %zu of %zu calls went to them\n",
		    rows[i].what, good.mean_ms, (long)good.most_ms, bad.mean_ms,
		    (long)bad.most_ms, bad.probes, bad.calls);
		cr_expect_leq(bad.mean_ms, 1.1 * good.mean_ms, "%s: %f of %f",
		    rows[i].what, bad.mean_ms, good.mean_ms);
		cr_expect_leq(bad.most_ms, good.most_ms * 11 / 10,
		    "%s: %ld of %ld", rows[i].what, (long)bad.most_ms,
		    (long)good.most_ms);
	}
}

static void
script_half_gone(struct rig *rig, struct rig_call *call)
{
	(void)rig;
	if (call->table > 0)
		call->answer.status = 404;
}

Test(isolation, probes_take_one_call_in_a_hundred)
{
	struct rig *rig = rig_open_warm((struct rig_options){ .tables = 1000,
	    .calls_per_minute = 6000,
	    .script = script_half_gone });
	int64_t start;
	size_t probes = 0;

	for (uint32_t t = 1; t < 1000; t++)
		rig_post(rig, t, 10);
	rig_run(rig, rig->now.ns + 20 * SEC);
	start = rig->now.ns;
	rig_run(rig, start + 100 * MINUTE);
	for (size_t i = 0; i < rig->call_count; i++)
		probes += rig->calls[i].sent_ns > start;
	cr_expect_leq(probes, 6000, "%zu in 100 minutes", probes);
	cr_expect_geq(probes, 5000, "all of it is used: %zu", probes);
	cr_expect_leq(rig_fullest_calls(rig, 100 * MINUTE) - 999, 6000);
	rig_close(rig);
}
