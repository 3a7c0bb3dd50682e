/*
 * The pump on the rig: batches that are refused, and the events at fault.
 */
#include <criterion/criterion.h>

#include "tests/gateway/scheduler/rig.h"

#define MINUTE (60 * SEC)

static size_t
log2_up(size_t n)
{
	size_t log = 0;

	while ((size_t)1 << log < n)
		log++;
	return log;
}

static struct rig *
open_rig(struct rig_options options)
{
	options.keeps_dead_letters = true;
	return rig_open_warm(options);
}

/* Delivers an event: a control for candidates. */
static void
deliver_one(struct rig *rig)
{
	rig_post(rig, 0, 1);
	rig_run(rig, rig->now.ns + SEC);
}

static void
bisect_one(uint32_t events, uint32_t culprit, bool proven)
{
	struct rig *rig = open_rig(
	    (struct rig_options){ .batch = { events, 1000000, 500, 0, 0 } });
	uint32_t first;
	size_t before;

	if (proven)
		deliver_one(rig);
	before = rig->call_count;
	first = rig_post(rig, 0, events);
	rig_poison(rig, first + culprit);
	rig_finish(rig, 10 * SEC);
	cr_expect_leq(rig->call_count - before - 1, 2 * log2_up(events),
	    "%zu for %u of %u", rig->call_count - before, culprit, events);
	rig_expect_bisected(rig);
	cr_expect_eq(rig->last_dead_letter.status, 400);
	cr_expect_eq(rig->last_dead_letter.number, culprit);
	cr_expect_str_eq(rig->last_dead_letter.reason, "refused");
	cr_expect_str_eq(rig->last_answer, "{\"code\":\"BadRow\"}");
	cr_expect_eq(pump_counts(rig->pump).dead_lettered, 1);
	rig_close(rig);
}

Test(bisect, one_event_at_fault_costs_at_most_twice_the_logarithm)
{
	static const uint32_t sizes[] = { 2, 3, 5, 59, 60, 64, 65, 1000 };

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		for (uint32_t k = 0; k < 5; k++) {
			uint32_t at = k * (sizes[i] - 1) / 4;

			bisect_one(sizes[i], at, true);
			bisect_one(sizes[i], at, false);
		}
	bisect_one(1, 0, true);
}

Test(bisect, halves_are_sent_in_order)
{
	struct rig *rig = open_rig((struct rig_options){ 0 });
	size_t before;
	uint32_t first;

	deliver_one(rig);
	first = rig_post(rig, 0, 8);
	rig_poison(rig, first + 5);
	before = rig->call_count;
	rig_finish(rig, 10 * SEC);
	{
		const uint32_t firsts[] = { 0, 0, 4, 4, 6, 4, 5 };

		cr_assert_eq(rig->call_count - before, 7);
		for (size_t i = 0; i < 7; i++)
			cr_expect_eq(rig->calls[before + i].first - first,
			    firsts[i], "call %zu", i);
	}
	rig_close(rig);
}

static int64_t
drain(uint32_t culprits)
{
	struct rig *rig =
	    open_rig((struct rig_options){ .calls_per_minute = 6000,
		.line_bytes = 100,
		.latency_ns = 20 * MS });
	int64_t start = rig->now.ns;

	for (uint32_t i = 0; i < 1000; i++)
		rig_post(rig, 0, 100);
	for (uint32_t i = 0; i < culprits; i++)
		rig_poison(rig, i * (100000 / culprits) +
				    rig_random(rig, 100000 / culprits));
	rig_finish(rig, 10 * MINUTE);
	rig_expect_bisected(rig);
	start = rig->now.ns - start;
	rig_close(rig);
	return start;
}

Test(bisect, a_hundred_among_a_hundred_thousand_drain_at_half_speed_or_better)
{
	int64_t clean = drain(0), dirty = drain(100);

	cr_expect_leq(dirty, 2 * clean, "%ld ms instead of %ld",
	    (long)(dirty / MS), (long)(clean / MS));
}

static void
script_table_0_refused(struct rig *rig, struct rig_call *call)
{
	if (call->table == 0 && rig->now.ns < 60 * MINUTE)
		call->answer.status = rig->options.seed % 2 ? 400 : 422;
}

/* From the start, or after it took events a moment ago. */
static void
refuse_all(uint32_t max_events, uint32_t batches, bool proven, uint64_t seed)
{
	struct rig *rig = open_rig(
	    (struct rig_options){ .batch = { max_events, 1000000, 500, 0, 0 },
		.tables = 2,
		.seed = seed,
		.script = NULL });
	size_t before;

	if (proven)
		deliver_one(rig);
	rig->options.script = script_table_0_refused;
	before = rig->call_count;
	for (uint32_t i = 0; i < batches; i++)
		rig_post(rig, 0, max_events);
	rig_run(rig, rig->now.ns + 20 * SEC);
	cr_expect_leq(rig->call_count - before, batches + 20,
	    "%zu calls for %u batches of %u, proven %d",
	    rig->call_count - before, batches, max_events, proven);
	rig_run(rig, 60 * MINUTE);
	cr_expect_eq(rig_dead_lettered(rig), 0, "%u", rig_dead_lettered(rig));
	rig_finish(rig, 30 * MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(bisect, a_table_that_refuses_everything_costs_twenty_calls_and_no_event)
{
	for (uint32_t max_events = 1; max_events <= 1000; max_events *= 3)
		for (uint64_t seed = 0; seed < 2; seed++) {
			refuse_all(max_events + 3, 1, false, seed);
			refuse_all(max_events + 3, 10, false, seed);
			if (max_events + 3 < 8) /* too few to tell */
				continue;
			refuse_all(max_events + 3, 1, true, seed);
			refuse_all(max_events + 3, 10, true, seed);
			refuse_all(max_events + 3, 100, true, seed);
		}
}

Test(bisect, a_table_that_refuses_single_events_is_held_after_eight)
{
	struct rig *rig = open_rig((struct rig_options){
	    .tables = 2, .script = script_table_0_refused });
	size_t calls = 0;

	for (int i = 0; i < 100; i++) {
		rig_post(rig, 0, 1);
		rig_post(rig, 1, 1);
		rig_run(rig, rig->now.ns + SEC);
	}
	for (size_t i = 0; i < rig->call_count; i++)
		calls += rig->calls[i].table == 0;
	cr_expect_leq(calls, 8 + 4, "%zu", calls);
	cr_expect_eq(rig_dead_lettered(rig), 0);
	cr_expect_eq(rig_arrived(rig, 1), 100, "the other table's");
	rig_run(rig, 60 * MINUTE);
	rig_finish(rig, 30 * MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

Test(bisect,
    many_at_fault_in_a_row_become_dead_letters_once_others_are_delivered)
{
	struct rig *rig = open_rig((struct rig_options){ 0 });
	uint32_t first;

	deliver_one(rig);
	first = rig_post(rig, 0, 60);
	for (uint32_t i = 0; i < 60; i++)
		rig_poison(rig, first + i);
	for (int i = 0; i < 60; i++) {
		rig_post(rig, 0, 20);
		rig_run(rig, rig->now.ns + 5 * SEC);
	}
	rig_finish(rig, 60 * MINUTE);
	rig_expect_bisected(rig);
	rig_close(rig);
}

Test(bisect, a_delivery_within_the_minute_before_confirms_a_candidate)
{
	struct rig *rig = open_rig((struct rig_options){ 0 });

	deliver_one(rig);
	rig_run(rig, rig->now.ns + 50 * SEC);
	rig_poison(rig, rig_post(rig, 0, 1));
	rig_run(rig, rig->now.ns + SEC);
	cr_expect_eq(rig_dead_lettered(rig), 1);
	rig_run(rig, rig->now.ns + 60 * SEC);
	rig_poison(rig, rig_post(rig, 0, 1));
	rig_run(rig, rig->now.ns + 60 * SEC);
	cr_expect_eq(
	    rig_dead_lettered(rig), 1, "nothing was delivered for long");
	deliver_one(rig);
	cr_expect_eq(rig_dead_lettered(rig), 2, "and now something was");
	rig_finish(rig, SEC);
	rig_expect_bisected(rig);
	rig_close(rig);
}

Test(bisect, a_producer_who_waits_learns_which_events_were_refused)
{
	for (int keeps_dead_letters = 0; keeps_dead_letters < 2;
	     keeps_dead_letters++) {
		struct rig *rig = rig_open_warm((struct rig_options){
		    .keeps_dead_letters = keeps_dead_letters != 0 });
		size_t bad, good;
		const struct rig_request *r;

		bad = rig_post_awaited(rig, 0, 30, rig->now.ns + 25 * SEC);
		good = rig_post_awaited(rig, 0, 30, rig->now.ns + 25 * SEC);
		rig_poison(rig, rig->requests[bad].first + 7);
		rig_poison(rig, rig->requests[bad].first + 19);
		rig_finish(rig, 20 * SEC);
		cr_expect_eq(rig->requests[good].completion.result,
		    COMPLETION_DELIVERED);
		r = &rig->requests[bad];
		cr_assert_eq(r->completion.result, COMPLETION_PARTLY_REFUSED);
		cr_expect_eq(r->completion.refused, 2);
		cr_expect_eq(r->completion.refused_events[0] +
				 r->completion.refused_events[1],
		    7 + 19);
		cr_expect_eq(rig_arrived(rig, 1), 58);
		cr_expect_eq(
		    rig_dead_lettered(rig), keeps_dead_letters ? 2 : 0);
		rig_close(rig);
	}
}

/* Nobody keeps dead letters, and nobody waits: the event must stay. */
static void
keep_at_home(bool keeps_dead_letters)
{
	struct rig *rig = rig_open_warm(
	    (struct rig_options){ .keeps_dead_letters = keeps_dead_letters });

	rig->store_full = true;
	deliver_one(rig);
	rig_poison(rig, rig_post(rig, 0, 60));
	for (int i = 0; i < 3600; i++) {
		rig_post(rig, 0, 1);
		rig_run(rig, rig->now.ns + SEC);
	}
	rig_run(rig, rig->now.ns + 31 * SEC);
	cr_expect_eq(rig_dead_lettered(rig), 0);
	cr_expect_eq(rig_arrived(rig, 1), 60 + 3600, "all but one, kept");
	cr_expect_eq(pump_counts(rig->pump).waiting, 1);
	if (keeps_dead_letters) {
		rig->store_full = false;
		rig_finish(rig, 12 * MINUTE);
		rig_expect_bisected(rig);
	}
	rig_close(rig);
}

Test(bisect, without_room_for_dead_letters_the_event_stays_and_others_flow)
{
	keep_at_home(false);
	keep_at_home(true);
}

/* An upstream that takes no more than 20,000 bytes. */
static void
script_small(struct rig *rig, struct rig_call *call)
{
	(void)rig;
	if (call->bytes > 20000)
		call->answer.status = 413;
}

/* The same for half an hour. */
static void
script_small_at_first(struct rig *rig, struct rig_call *call)
{
	if (rig->now.ns < 600 * SEC + 30 * MINUTE)
		script_small(rig, call);
}

/* A batch of 50,000 bytes each half second, until then. */
static void
post_large(struct rig *rig, int64_t until_ns)
{
	while (rig->now.ns < until_ns) {
		rig_post(rig, 0, 500);
		rig_run(rig, rig->now.ns + SEC / 2);
	}
}

/* Answers 413, and the largest call, from then on. */
static size_t
too_large(const struct rig *rig, int64_t from_ns, size_t *largest)
{
	size_t refused = 0;

	*largest = 0;
	for (size_t i = 0; i < rig->call_count; i++) {
		const struct rig_call *c = &rig->calls[i];

		if (c->sent_ns < from_ns)
			continue;
		refused += c->answer.status == 413;
		if (c->bytes > *largest)
			*largest = c->bytes;
	}
	return refused;
}

Test(bisect, a_413_halves_the_size_which_grows_again_by_a_tenth_a_minute)
{
	struct rig *rig = open_rig(
	    (struct rig_options){ .batch = { 1000, 1000000, 500, 0, 0 },
		.line_bytes = 100,
		.script = script_small_at_first });
	size_t refused, largest;
	int64_t start;

	rig_run(rig, rig->now.ns + SEC);
	start = rig->now.ns;
	post_large(rig, start + 5 * SEC);
	refused = too_large(rig, start, &largest);
	cr_expect_leq(refused, 3, "50,000 and its halves: %zu", refused);
	post_large(rig, start + 4 * MINUTE);
	cr_expect_eq(too_large(rig, start + 5 * SEC, &largest), 0);
	cr_expect(15000 < largest && largest <= 16700,
	    "a tenth more for the third time: %zu", largest);

	/*
	 * The next one halves it again, and that takes eight minutes; two or
	 * three are under way at once when it comes.
	 */
	post_large(rig, start + 29 * MINUTE);
	refused = too_large(rig, start + 5 * SEC, &largest);
	cr_expect(3 <= refused && refused <= 10, "%zu", refused);
	cr_expect(20000 < largest && largest <= 22000, "%zu", largest);

	/* The limit goes, and so does the memory of it. */
	post_large(rig, start + 50 * MINUTE);
	refused = too_large(rig, start + 31 * MINUTE, &largest);
	cr_expect_eq(refused, 0);
	cr_expect_geq(largest, 50000, "%zu", largest);
	rig_finish(rig, MINUTE);
	rig_expect_each_once(rig);
	rig_close(rig);
}

static void
script_tiny(struct rig *rig, struct rig_call *call)
{
	(void)rig;
	if (call->bytes > 250)
		call->answer.status = 413;
}

Test(bisect, one_event_that_is_too_large_is_a_dead_letter_without_a_control)
{
	struct rig *rig = open_rig(
	    (struct rig_options){ .line_bytes = 300, .script = script_tiny });

	rig_poison(rig, rig_post(rig, 0, 1));
	rig_finish(rig, 10 * SEC);
	rig_expect_bisected(rig);
	cr_expect_eq(rig->last_dead_letter.status, 413);
	cr_expect_str_eq(rig->last_dead_letter.reason, "too_large");
	rig_close(rig);
}

/* 503 amid the pieces, 429, and a 404 that is repaired. */
static void
script_troubled(struct rig *rig, struct rig_call *call)
{
	static const unsigned statuses[] = { 503, 429, 404, 401 };

	if (rig->now.ns > 30 * MINUTE || rig_random(rig, 4) > 0)
		return;
	call->answer = (struct upstream_answer){
		.cookie = call->answer.cookie,
		.status = statuses[rig_random(rig, 4)],
		.retry_after_ms = -1,
		.reset_ms = -1,
		.renewing = true,
	};
	if (rig_random(rig, 3) == 0)
		call->answer.end = UPSTREAM_UNREACHED;
}

Test(bisect, trouble_between_pieces_loses_and_doubles_nothing)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct rig *rig = open_rig((struct rig_options){
		    .tables = 3, .seed = seed, .script = script_troubled });

		for (int i = 0; i < 600; i++) {
			uint32_t first = rig_post(rig, rig_random(rig, 3), 30);

			if (rig_random(rig, 3) == 0)
				rig_poison(rig, first + rig_random(rig, 30));
			rig_run(rig, rig->now.ns + 2 * SEC);
		}
		rig_run(rig, 31 * MINUTE);
		for (int i = 0; i < 120; i++) {
			for (uint32_t t = 0; t < 3; t++)
				rig_post(rig, t, 1);
			rig_run(rig, rig->now.ns + MINUTE / 2);
		}
		rig_finish(rig, 60 * MINUTE);
		rig_expect_bisected(rig);
		rig_close(rig);
	}
}
