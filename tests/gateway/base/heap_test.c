#include "gateway/base/heap.h"

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
	static struct heap_entry members[MEMBERS];
	struct heap all;
	int64_t now = 0;

	srand(1);
	heap_init(&all);
	for (int step = 0; step < 20000; step++) {
		struct heap_entry *d = &members[rand() % MEMBERS];
		int64_t then = now + rand() % 1000, least = INT64_MAX;

		switch (rand() % 4) {
		case 0:
			heap_remove(&all, d);
			cr_assert_eq(d->place, 0);
			break;
		case 1:
			now += rand() % 40;
			while ((d = heap_take(&all, at(now))) != NULL)
				cr_assert(d->at.ns <= now && d->place == 0);
			break;
		default:
			if (d->place != 0 && d->at.ns < then)
				then = d->at.ns; /* lazy: stays early */
			cr_assert(heap_by(&all, d, at(then)));
			cr_assert_eq(d->at.ns, then);
		}
		for (int i = 0; i < MEMBERS; i++)
			if (members[i].place != 0 && members[i].at.ns < least)
				least = members[i].at.ns;
		cr_assert_eq(heap_next(&all).ns, least, "step %d", step);
	}
	heap_fini(&all);
	heap_fini(&all);
}

Test(deadline, takes_what_is_due_in_order)
{
	struct heap_entry members[50] = { 0 };
	struct heap all;
	int64_t last = 0;
	int n = 0;

	heap_init(&all);
	cr_expect_eq(heap_next(&all).ns, INT64_MAX);
	cr_expect_null(heap_take(&all, at(INT64_MAX)));
	for (int i = 0; i < 50; i++)
		heap_by(&all, &members[i], at(i * 37 % 50));
	for (struct heap_entry *d; (d = heap_take(&all, at(30))) != NULL; n++) {
		cr_expect(d->at.ns >= last);
		last = d->at.ns;
	}
	cr_expect_eq(n, 31);
	cr_expect_eq(heap_next(&all).ns, 31);
	heap_fini(&all);
}
