#include "gateway/receive/deadline.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define MEMBERS 300

static struct instant
at(int64_t ns)
{
	return (struct instant){ ns };
}

/* Against the dullest model there is: a list that is searched. */
Test(deadline, gives_the_earliest_first_whatever_happened_before)
{
	static struct deadline members[MEMBERS];
	struct deadlines all;
	int64_t now = 0;

	srand(1);
	deadlines_init(&all);
	for (int step = 0; step < 20000; step++) {
		struct deadline *d = &members[rand() % MEMBERS];
		int64_t then = now + rand() % 1000, least = INT64_MAX;

		switch (rand() % 4) {
		case 0:
			deadlines_remove(&all, d);
			cr_assert_eq(d->place, 0);
			break;
		case 1:
			now += rand() % 40;
			while ((d = deadlines_take(&all, at(now))) != NULL)
				cr_assert(d->at.ns <= now && d->place == 0);
			break;
		default:
			if (d->place != 0 && d->at.ns < then)
				then = d->at.ns; /* lazy: stays early */
			cr_assert(deadlines_by(&all, d, at(then)));
			cr_assert_eq(d->at.ns, then);
		}
		for (int i = 0; i < MEMBERS; i++)
			if (members[i].place != 0 && members[i].at.ns < least)
				least = members[i].at.ns;
		cr_assert_eq(deadlines_next(&all).ns, least, "step %d", step);
	}
	deadlines_fini(&all);
	deadlines_fini(&all);
}

Test(deadline, takes_what_is_due_in_order)
{
	struct deadline members[50] = { 0 };
	struct deadlines all;
	int64_t last = 0;
	int n = 0;

	deadlines_init(&all);
	cr_expect_eq(deadlines_next(&all).ns, INT64_MAX);
	cr_expect_null(deadlines_take(&all, at(INT64_MAX)));
	for (int i = 0; i < 50; i++)
		deadlines_by(&all, &members[i], at(i * 37 % 50));
	for (struct deadline *d; (d = deadlines_take(&all, at(30))) != NULL;
	     n++) {
		cr_expect(d->at.ns >= last);
		last = d->at.ns;
	}
	cr_expect_eq(n, 31);
	cr_expect_eq(deadlines_next(&all).ns, 31);
	deadlines_fini(&all);
}
