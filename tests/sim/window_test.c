#include <criterion/criterion.h>

#include "tests/sim/meter.h"
#include "tests/sim/moment.h"
#include "tests/sim/window.h"

#define NOON (INT64_C(29000000) * MS_PER_MINUTE)

Test(window, a_minute_ends_where_the_calendar_says)
{
	struct window w = { .limit = 2 };
	static const struct {
		int64_t at_ms;
		bool ok;
		int64_t remaining, reset_s;
	} calls[] = {
		{ 59998, true, 1, 1 },
		{ 59999, true, 0, 1 },
		{ 59999, false, 0, 1 },
		{ 60000, true, 1, 60 },
		{ 60001, true, 0, 60 },
		{ 61000, false, 0, 59 },
		{ 119999, false, 0, 1 },
		{ 120000, true, 1, 60 },
		{ 6000000, true, 1, 60 },
	};

	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		struct window_room room =
		    window_enter(&w, NOON + calls[i].at_ms);

		cr_expect_eq(room.ok, calls[i].ok, "row %zu", i);
		cr_expect_eq(room.limit, 2, "row %zu", i);
		cr_expect_eq(room.remaining, calls[i].remaining, "row %zu", i);
		cr_expect_eq(room.reset_s, calls[i].reset_s, "row %zu", i);
	}
}

Test(window, it_lets_twice_the_limit_through_around_an_edge)
{
	struct window w = { .limit = 100 };
	int passed = 0;

	for (int i = 0; i < 400; i++)
		passed += window_enter(&w, NOON - 200 + i).ok;
	cr_expect_eq(passed, 200);
}

Test(window, looking_counts_nothing)
{
	struct window w = { .limit = 1 };

	for (int i = 0; i < 5; i++)
		cr_expect_eq(window_look(&w, NOON).remaining, 1);
	cr_expect(window_enter(&w, NOON).ok);
	cr_expect_not(window_look(&w, NOON).ok);
	cr_expect(window_look(&w, NOON + MS_PER_MINUTE).ok);
}

Test(window, a_limit_of_nothing_lets_nothing_through)
{
	struct window w = { .limit = 0 };

	cr_expect_not(window_enter(&w, NOON).ok);
	cr_expect_eq(window_enter(&w, NOON).remaining, 0);
}

#define CALLS 3000

/* The most in all windows that end on a step with something in it. */
static uint64_t
most_by_hand(const int64_t *at_ms, const uint64_t *amounts, int n, int span)
{
	uint64_t most = 0;

	for (int last = 0; last < n; last++) {
		int64_t from = at_ms[last] / METER_STEP_MS - span + 1;
		uint64_t in = 0;

		for (int i = last; i >= 0; i--)
			if (at_ms[i] / METER_STEP_MS >= from)
				in += amounts[i];
		if (in > most)
			most = in;
	}
	return most;
}

Test(meter, it_finds_the_busiest_span_wherever_it_begins)
{
	static struct meter m;
	static int64_t at_ms[CALLS];
	static uint64_t amounts[CALLS];

	for (unsigned seed = 1; seed <= 20; seed++) {
		int span = seed % 2 == 0 ? METER_MINUTE : METER_SECOND;
		int64_t now = 1000000 * seed;

		m = (struct meter){ 0 };
		srand(seed);
		for (int i = 0; i < CALLS; i++) {
			int64_t pause = rand() % 100 == 0 ? 30000 : 60;

			now += rand() % (pause + 1);
			at_ms[i] = now;
			amounts[i] = (uint64_t)rand() % 1000;
			meter_count(&m, span, now, amounts[i]);
		}
		cr_assert_eq(m.most, most_by_hand(at_ms, amounts, CALLS, span),
		    "seed %u", seed);
	}
}
