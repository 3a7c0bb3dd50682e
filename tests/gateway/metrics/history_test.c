#include <criterion/criterion.h>

#include <stdlib.h>

#include "gateway/metrics/history.h"

#define START INT64_C(1795514400000)

static void
second(struct history *history, unsigned i)
{
	struct history_totals totals = {
		.wall_ms = START + 1000 * (int64_t)i,
		.accepted = 10 * i,
		.delivered = 9 * i,
		.calls = 2 * i,
		.calls_limit = 600,
		.waiting = i,
	};

	history_add(history, &totals);
}

Test(history, rates_are_differences)
{
	static struct history_second out[HISTORY_SECONDS];
	struct history *history = calloc(1, sizeof *history);

	second(history, 1);
	cr_expect_eq(history_since(history, 0, out), 0, "from where to count");
	second(history, 2);
	cr_assert_eq(history_since(history, 0, out), 1);
	cr_expect_eq(out[0].in, 10);
	cr_expect_eq(out[0].out, 9);
	cr_expect_eq(out[0].calls, 2);
	cr_expect_eq(out[0].calls_limit, 10, "a second");
	cr_expect_eq(out[0].waiting, 2, "as it is, no rate");
	second(history, 4); /* one was missed: still per second */
	cr_assert_eq(history_since(history, out[0].wall_ms, out), 1);
	cr_expect_eq(out[0].in, 10);
	free(history);
}

Test(history, the_oldest_second_makes_place)
{
	static struct history_second out[HISTORY_SECONDS];
	struct history *history = calloc(1, sizeof *history);
	unsigned last = 3 * HISTORY_SECONDS + 17, count;

	for (unsigned i = 1; i <= last; i++)
		second(history, i);
	count = history_since(history, 0, out);
	cr_assert_eq(count, HISTORY_SECONDS);
	for (unsigned i = 0; i < count; i++)
		cr_assert_eq(out[i].waiting, last - HISTORY_SECONDS + 1 + i);
	cr_expect_eq(
	    history_since(history, START + 1000 * (int64_t)(last - 5), out), 5);
	free(history);
}

Test(history, a_clock_set_back_is_passed_over)
{
	static struct history_second out[HISTORY_SECONDS];
	struct history *history = calloc(1, sizeof *history);

	second(history, 10);
	second(history, 5);
	second(history, 6);
	cr_assert_eq(history_since(history, 0, out), 1);
	cr_expect_eq(out[0].in, 10);
	free(history);
}
