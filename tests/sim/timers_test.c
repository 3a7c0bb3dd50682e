#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/sim/timers.h"

#define TIMERS 500

static int64_t
earliest(const struct timer *all)
{
	int64_t due_ms = INT64_MAX;

	for (int i = 0; i < TIMERS; i++)
		if (all[i].place > 0 && all[i].due_ms < due_ms)
			due_ms = all[i].due_ms;
	return due_ms;
}

Test(timers, the_earliest_comes_first_whatever_was_set_moved_and_cleared)
{
	static struct timer all[TIMERS];
	struct timers t = { 0 };

	srand(7);
	for (int round = 0; round < 20000; round++) {
		struct timer *one = &all[rand() % TIMERS];
		int64_t due_ms = earliest(all);

		switch (rand() % 3) {
		case 0:
			cr_assert(timers_set(&t, one, rand() % 1000));
			break;
		case 1:
			timers_clear(&t, one);
			break;
		case 2:
			if (due_ms == INT64_MAX)
				break;
			cr_assert_null(timers_due(&t, due_ms - 1));
			cr_assert_eq(timers_wait_ms(&t, due_ms - 5), 5);
			one = timers_due(&t, due_ms);
			cr_assert_not_null(one);
			cr_assert_eq(one->due_ms, due_ms, "round %d", round);
			cr_assert_eq(one->place, 0);
		}
	}
	timers_fini(&t);
}

Test(timers, none_is_for_ever_and_late_is_at_once)
{
	struct timers t = { 0 };
	struct timer one = { 0 };

	cr_expect_eq(timers_wait_ms(&t, 5), -1);
	cr_expect_null(timers_due(&t, 5));
	cr_assert(timers_set(&t, &one, 10));
	cr_expect_eq(timers_wait_ms(&t, 20), 0);
	cr_expect_eq(timers_due(&t, 20), &one);
	cr_expect_eq(timers_wait_ms(&t, 20), -1);
	timers_fini(&t);
}
