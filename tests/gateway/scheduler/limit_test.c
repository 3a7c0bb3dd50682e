/*
 * The pump on the rig: 429, and others who spend the organization's calls.
 */
#include <criterion/criterion.h>

#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

Test(limit, after_a_pause_the_rate_rises_from_a_tenth_in_ten_seconds)
{
	struct rig *rig = rig_open_warm((struct rig_options){ .tables = 4,
	    .calls_per_minute = 60000,
	    .max_in_flight = 1000,
	    .batch = { 10, 1000000, 100, 0, 0 } });
	int64_t start;
	size_t in[12] = { 0 };

	rig_answer(rig, 1, RIG_ANY, rig_status(429, 5000));
	rig_post(rig, 0, 10);
	rig_run(rig, rig->now.ns + 10 * MS);
	start = rig->calls[rig->call_count - 1].answer_ns + 5 * SEC;
	for (int i = 0; i < 1800; i++) {
		for (uint32_t t = 0; t < 4; t++)
			rig_post(rig, t, 40);
		rig_run(rig, rig->now.ns + 10 * MS);
	}
	for (size_t i = 1; i < rig->call_count; i++) {
		int64_t at = rig->calls[i].sent_ns - start;

		cr_assert_geq(at, 0, "it pauses");
		if (at / SEC < 12)
			in[at / SEC]++;
	}
	for (size_t s = 0; s < 10; s++) {
		size_t want = 100 + 90 * s + 45;

		cr_expect_leq(in[s], want + want / 10, "%zu: %zu", s, in[s]);
		cr_expect_geq(in[s], want - want / 5, "%zu: %zu", s, in[s]);
	}
	cr_expect_geq(in[11], 950, "all of it: %zu", in[11]);
	rig_finish(rig, 10 * MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

/*
 * The organization may make 6,000 calls a calendar minute, and somebody else
 * makes half of them, evenly.
 */
static uint64_t minute_calls, minute_refused;
static int64_t minute;

static void
script_shared(struct rig *rig, struct rig_call *call)
{
	int64_t into_ns = rig->now.ns % MINUTE;
	uint64_t others = (uint64_t)(3000 * into_ns / MINUTE);

	if (rig->now.ns / MINUTE != minute) {
		minute = rig->now.ns / MINUTE;
		minute_calls = 0;
	}
	call->answer.reset_ms = (MINUTE - into_ns) / MS;
	if (minute_calls + others >= 6000) {
		call->answer.status = 429;
		call->answer.remaining = 0;
		minute_refused++;
		return;
	}
	minute_calls++;
	call->answer.remaining = 6000 - (int64_t)(minute_calls + others);
}

Test(limit, others_who_share_the_limit_are_noticed_and_left_room)
{
	struct rig *rig = rig_open(&(struct rig_options){ .tables = 5,
	    .calls_per_minute = 6000,
	    .latency_ns = 50 * MS,
	    .script = script_shared });
	size_t taken = 0;

	minute = -1;
	while (rig->now.ns < 5 * MINUTE) {
		for (uint32_t t = 0; t < 5; t++)
			rig_post(rig, t, 60 * 20);
		rig_run(rig, rig->now.ns + SEC);
	}
	for (size_t i = 0; i < rig->call_count; i++)
		taken += rig->calls[i].arrives;
	cr_expect_leq(minute_refused, 10, "%lu answers 429",
	    (unsigned long)minute_refused);
	cr_expect_geq(taken, 13500, "%zu of 15,000 that were left", taken);
	cr_expect_leq(rig_fullest_calls(rig, MINUTE), 6000);
	rig_finish(rig, 60 * MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

/* Without a 429 what the upstream says is left is not believed. */
static void
script_nothing_left(struct rig *rig, struct rig_call *call)
{
	(void)rig;
	call->answer.remaining = 0;
	call->answer.reset_ms = 60000;
}

Test(limit, a_wrong_ratelimit_remaining_slows_nothing)
{
	struct rig *rig = rig_open_warm(
	    (struct rig_options){ .script = script_nothing_left });
	int64_t start = rig->now.ns;

	for (int i = 0; i < 100; i++)
		rig_post(rig, 0, 60);
	rig_finish(rig, MINUTE);
	cr_expect_leq(rig->now.ns - start, 5 * SEC);
	rig_close(rig);
}
