/*
 * The pump on the rig: everything at once.
 */
#include <criterion/criterion.h>

#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

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
		.batch = { 1 + seed * 13 % 60, 2000, seed * 37 % 700, 0, 0 },
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
			rig_post_awaited(rig, table, events,
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
			bool delivered =
			    r->completion.result == COMPLETION_DELIVERED;

			cr_assert(!delivered || rig->arrived[r->first + e],
			    "seed %u", (unsigned)seed);
		}
	}
	rig_close(rig);
}

/* PUMP_SEED, PUMP_SEEDS: where to start, how many. */
Test(storm, a_storm_of_everything_loses_and_doubles_nothing, .timeout = 3600)
{
	int64_t seed = rig_setting("PUMP_SEED", 1);
	int64_t seeds = rig_setting("PUMP_SEEDS", 40);

	for (int64_t i = seed; i < seed + seeds; i++)
		soak((uint64_t)i, 1500);
}
