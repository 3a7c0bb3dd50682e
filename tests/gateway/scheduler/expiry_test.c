/*
 * The pump on the rig: events that grow old while they wait, a clock that
 * jumps, and what comes in while a backlog drains.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/log.h"
#include "tests/gateway/scheduler/rig.h"
#include "tests/support/heard.h"

#define MINUTE  (60 * SEC)
#define HOUR    (60 * MINUTE)
#define HOUR_MS INT64_C(3600000)
#define YEAR_MS (8766 * HOUR_MS)

/*
 * The start is ten hours after midnight: of the events that are a day older,
 * those of an age of 35 h expire after an hour, the others after 25 h.
 */
#define AGE_MS (35 * HOUR_MS)

static void
script_404_for_six_hours(struct rig *rig, struct rig_call *call)
{
	if (rig->now.ns < 6 * HOUR)
		call->answer.status = 404;
}

static uint32_t
old_events(const struct rig *rig)
{
	uint32_t every = rig->options.old_every;

	return every > 0 ? (rig->event_count + every - 1) / every : 0;
}

static void
expect_old_dead_lettered(const struct rig *rig)
{
	for (uint32_t i = 0; i < rig->event_count; i++) {
		bool old = i % rig->options.old_every == 0;

		cr_assert_eq(rig->dead_lettered[i], old, "event %u", i);
		cr_assert_eq(rig->arrived[i], !old, "event %u", i);
	}
}

Test(
    expiry, what_expires_while_it_waits_is_a_dead_letter_and_the_rest_delivered)
{
	static const uint32_t everies[] = { 1, 2, 7, 60, 1000 };

	for (size_t k = 0; k < sizeof everies / sizeof everies[0]; k++) {
		struct rig *rig =
		    rig_open(&(struct rig_options){ .keeps_dead_letters = true,
			.max_age_ms = AGE_MS,
			.old_every = everies[k],
			.script = script_404_for_six_hours });

		for (int i = 0; i < 20; i++)
			rig_post(rig, 0, 1 + rig_random(rig, 200));
		rig_run(rig, 59 * MINUTE);
		cr_expect_eq(rig_dead_lettered(rig), 0, "not before its time");
		rig_run(rig, HOUR + 2 * SEC);
		cr_expect_eq(rig_dead_lettered(rig), old_events(rig),
		    "%u of %u", rig_dead_lettered(rig), old_events(rig));
		cr_expect_str_eq(rig->last_dead_letter.reason, "expired");
		cr_expect_eq(rig->last_dead_letter.status, 0);
		rig_finish(rig, 12 * HOUR);
		expect_old_dead_lettered(rig);
		rig_close(rig);
	}
}

Test(expiry, where_nobody_stores_dead_letters_it_is_kept_and_sent)
{
	struct rig *rig = rig_open(&(struct rig_options){ .max_age_ms = AGE_MS,
	    .old_every = 3,
	    .script = script_404_for_six_hours });

	rig_post(rig, 0, 200);
	rig_finish(rig, 12 * HOUR);
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(expiry, with_no_room_for_dead_letters_it_waits_until_there_is)
{
	struct rig *rig =
	    rig_open(&(struct rig_options){ .keeps_dead_letters = true,
		.max_age_ms = AGE_MS,
		.old_every = 3,
		.script = script_404_for_six_hours });

	rig->store_full = true;
	rig_post(rig, 0, 200);
	rig_run(rig, 2 * HOUR);
	cr_expect_eq(rig_dead_lettered(rig), 0);
	rig->store_full = false;
	rig_run(rig, 2 * HOUR + 2 * SEC);
	cr_expect_eq(rig_dead_lettered(rig), old_events(rig));
	rig_finish(rig, 12 * HOUR);
	expect_old_dead_lettered(rig);
	rig_close(rig);
}

Test(expiry, what_expires_together_is_stored_with_few_syncs)
{
	static const struct {
		uint32_t events;
		size_t syncs;
	} rows[] = {
		{ 100, 1 },
		{ 4000, 1 },
		{ 100000, 30 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig *rig =
		    rig_open(&(struct rig_options){ .keeps_dead_letters = true,
			.max_age_ms = AGE_MS,
			.old_every = 1,
			.script = script_404_for_six_hours });

		for (uint32_t n = 0; n < rows[i].events; n += 100)
			rig_post(rig, 0, 100);
		rig_run(rig, HOUR + 2 * SEC);
		cr_expect_eq(rig_dead_lettered(rig), rows[i].events);
		cr_expect_leq(rig->store_calls, rows[i].syncs, "%u: %zu",
		    rows[i].events, rig->store_calls);
		rig_close(rig);
	}
}

Test(expiry, as_many_are_stored_as_there_is_room_for)
{
	static const uint32_t rooms[] = { 1, 37, 60, 61, 199 };

	for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
		struct rig *rig =
		    rig_open(&(struct rig_options){ .keeps_dead_letters = true,
			.max_age_ms = AGE_MS,
			.old_every = 2,
			.script = script_404_for_six_hours });

		rig->store_room = rooms[i];
		rig_post(rig, 0, 400);
		rig_run(rig, HOUR + 2 * SEC);
		cr_expect_eq(rig_dead_lettered(rig), rooms[i]);
		cr_expect_leq(rig->store_calls, 50, "%zu", rig->store_calls);
		rig_run(rig, 2 * HOUR);
		rig->store_room = 0;
		rig_run(rig, 2 * HOUR + 2 * SEC);
		rig_finish(rig, 12 * HOUR);
		expect_old_dead_lettered(rig);
		rig_close(rig);
	}
}

static int64_t date_ahead_ms;

static void
script_404_with_a_date(struct rig *rig, struct rig_call *call)
{
	script_404_for_six_hours(rig, call);
	call->answer.date_ms =
	    rig->upstream.ops->wall_ms(&rig->upstream) + date_ahead_ms;
}

Test(expiry, nothing_expires_by_a_clock_in_doubt)
{
	static const struct {
		int64_t jump_ms, ahead_ms;
		bool doubt;
	} rows[] = {
		{ 0, 0, false },
		{ 0, 4 * 60000, false },
		{ 0, -4 * 60000, false },
		{ 0, 6 * 60000, true },
		{ 0, -6 * 60000, true },
		{ HOUR_MS - 60000, 0, false },
		{ HOUR_MS + 60000, 0, true },
		{ -HOUR_MS - 60000, 0, true },
		{ 10 * YEAR_MS, 0, true },
		{ -10 * YEAR_MS, 0, true },
		{ 10 * YEAR_MS, -10 * YEAR_MS, true },
	};

	log_setup(&(struct log_options){ .level = LOG_ERROR });
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rig *rig =
		    rig_open(&(struct rig_options){ .keeps_dead_letters = true,
			.max_age_ms = AGE_MS,
			.old_every = 2,
			.script = script_404_with_a_date });

		date_ahead_ms = rows[i].ahead_ms;
		rig_post(rig, 0, 100);
		rig_run(rig, 10 * SEC);
		rig->jumped_ms = rows[i].jump_ms;
		rig_run(rig, 3 * HOUR);
		cr_expect_eq(rig_dead_lettered(rig), rows[i].doubt ? 0 : 50,
		    "row %zu: %u", i, rig_dead_lettered(rig));
		/* Put right, they expire as always. */
		rig->jumped_ms = 0;
		date_ahead_ms = 0;
		rig_finish(rig, 12 * HOUR);
		cr_expect_leq(rig_dead_lettered(rig), 50);
		cr_expect_eq(rig_dead_lettered(rig) + rig_arrived(rig, 1), 100);
		rig_close(rig);
	}
}

static void
script_away_for_three_hours(struct rig *rig, struct rig_call *call)
{
	if (rig->now.ns < 3 * HOUR)
		call->answer.end = UPSTREAM_UNREACHED;
	else
		script_404_for_six_hours(rig, call);
}

/* A host that starts ten years ahead, and cannot reach the upstream. */
Test(expiry, nothing_expires_before_the_first_answer_of_the_upstream)
{
	struct rig *rig =
	    rig_open(&(struct rig_options){ .keeps_dead_letters = true,
		.max_age_ms = AGE_MS,
		.old_every = 2,
		.script = script_away_for_three_hours });

	rig_post(rig, 0, 100);
	rig_run(rig, 3 * HOUR);
	cr_expect_eq(rig_dead_lettered(rig), 0);
	rig_run(rig, 3 * HOUR + 5 * MINUTE);
	cr_expect_eq(rig_dead_lettered(rig), 50);
	rig_finish(rig, 12 * HOUR);
	expect_old_dead_lettered(rig);
	rig_close(rig);
}

Test(expiry, the_oldest_go_first)
{
	struct rig *rig = rig_open(
	    &(struct rig_options){ .batch = { 60, 1000000, 500, 60, 500 },
		.calls_per_minute = 60,
		.keeps_dead_letters = true,
		.max_age_ms = 40 * HOUR_MS, /* old: of the day before */
		.line_bytes = 100 });
	uint32_t first;
	int64_t start;

	rig_run(rig, HOUR);
	rig->options.old_every = 0;
	for (int i = 0; i < 50; i++)
		rig_post(rig, 0, 60);
	rig_run(rig, rig->now.ns + 30 * SEC);
	/* A late one of long ago meets a backlog of half a minute. */
	rig->options.old_every = rig->event_count;
	first = rig_post(rig, 0, 1);
	start = rig->now.ns;
	rig_run(rig, start + 4 * SEC);
	cr_expect_eq(rig->arrived[first], 1, "within a few calls");
	cr_expect_eq(rig->arrived[first - 1], 0, "before what came before it");
	rig->options.old_every = 0;
	rig_close(rig);
}

static void
grow_old(void *arg)
{
	struct rig *rig =
	    rig_open(&(struct rig_options){ .keeps_dead_letters = true,
		.max_age_ms = AGE_MS,
		.script = script_404_for_six_hours });

	(void)arg;
	log_setup(&(struct log_options){ .level = LOG_WARN });
	rig_post(rig, 0, 100);
	rig_run(rig, 5 * HOUR + 50 * MINUTE);
	rig->options.script = NULL;
	rig->options.script = script_404_for_six_hours;
	rig_finish(rig, 12 * HOUR);
	rig_expect_each_once(rig);
	rig_close(rig);
}

static void
expire(void *arg)
{
	struct rig *rig =
	    rig_open(&(struct rig_options){ .keeps_dead_letters = true,
		.max_age_ms = AGE_MS,
		.old_every = 1,
		.script = script_404_for_six_hours });

	(void)arg;
	log_setup(&(struct log_options){ .level = LOG_WARN });
	rig_post(rig, 0, 100);
	rig_run(rig, 2 * HOUR);
	rig_close(rig);
}

Test(expiry, a_warning_comes_well_before_and_only_for_what_waited_here)
{
	const char *text = heard(grow_old, NULL, NULL);

	/* Ten hours and six are no 80 % of 35. */
	cr_expect(strstr(text, "events_aging") == NULL, "%s", text);
	text = heard(expire, NULL, NULL);
	cr_expect(strstr(text, "events_aging table=t0 age_seconds=") != NULL);
	cr_expect(strstr(text, "expires_in_seconds=") != NULL);
	cr_expect(
	    strstr(text, "events_expired events=100") != NULL, "%s", text);
}

/* Events of so many batches a second that come while a backlog drains. */
static int64_t
live_delay(uint32_t batches_a_second, int64_t *drained_ns)
{
	struct rig *rig = rig_open(
	    &(struct rig_options){ .batch = { 60, 1000000, 500, 60, 500 },
		.calls_per_minute = 612, /* ten a second */
		.line_bytes = 100 });
	int64_t start, worst = 0;
	size_t first;

	rig_answer(rig, 1, 0, rig_status(503, 60000));
	rig_post(rig, 0, 1);
	rig_run(rig, 10 * SEC);
	for (int i = 0; i < 2000; i++)
		rig_post(rig, 0, 60);
	rig_run(rig, 62 * SEC); /* over; the backlog drains */
	start = rig->now.ns;
	first = rig->request_count;
	while (rig->now.ns < start + 100 * SEC) {
		for (uint32_t i = 0; i < batches_a_second; i++)
			rig_post_awaited(rig, 0, 60, rig->now.ns + HOUR);
		rig_run(rig, rig->now.ns + SEC);
	}
	rig_run(rig, rig->now.ns + 2 * SEC);
	for (size_t i = first; i < rig->request_count; i++) {
		const struct rig_request *r = &rig->requests[i];
		int64_t delay =
		    r->settled
			? r->settled_ns - (r->completion.deadline.ns - HOUR)
			: HOUR;

		if (delay > worst)
			worst = delay;
	}
	rig_finish(rig, HOUR);
	*drained_ns = rig->now.ns - start;
	rig_expect_each_once(rig);
	rig_close(rig);
	return worst;
}

Test(expiry, what_comes_while_a_backlog_drains_gets_half_of_the_calls)
{
	int64_t drained, worst;

	for (uint32_t rate = 1; rate <= 4; rate++) {
		worst = live_delay(rate, &drained);
		cr_expect_leq(worst, 2 * SEC, "at %u a second: %ld ms", rate,
		    (long)(worst / MS));
		cr_expect_leq(drained, 300 * SEC, "and it drains: %ld s",
		    (long)(drained / SEC));
	}
}
