#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/keep.h"
#include "tests/sim/marks.h"

#define CALLS 3000

/* Lines of every length, so that the ring's end is met in every way. */
static size_t
line_of(int n, char *out)
{
	int len = sprintf(out, "{\"n\":%d,\"x\":\"%.*s\"}\n", n, n * 7 % 150,
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	return (size_t)len;
}

static void
expect_last(const struct keep *k, int next, const char *table)
{
	struct buffer got, want;
	char line[300];

	buffer_init(&got, 1 << 20);
	buffer_init(&want, 1 << 20);
	cr_assert(keep_print(k, table, &got));
	for (int n = next - (int)k->events; n < next; n++)
		if (table == NULL || n % 2 == 0)
			buffer_append(&want, line, line_of(n, line));
	cr_assert_eq(got.len, want.len, "after %d", next);
	cr_assert(got.len == 0 || memcmp(got.at, want.at, got.len) == 0);
	buffer_fini(&got);
	buffer_fini(&want);
}

Test(keep, the_last_calls_are_there_whole_in_order)
{
	struct keep k;
	struct err err;
	char line[300];

	for (uint64_t room = 96; room < 4000; room = room * 2 + 33) {
		cr_assert(keep_open(&k, room, NULL, &err));
		for (int n = 0; n < CALLS; n++) {
			keep_add(&k, n % 2 == 0 ? "even" : "odd",
			    (struct span){ line, line_of(n, line) }, 1);
			cr_assert_eq(k.events + k.lost_events, n + 1u);
			cr_assert_leq(k.head - k.tail, k.room);
		}
		if (room > 400) {
			expect_last(&k, CALLS, NULL);
			expect_last(&k, CALLS, "even");
			cr_assert_gt(k.events, 0);
		}
		keep_reset(&k);
		cr_assert_eq(k.events + k.lost_events, 0);
		keep_fini(&k);
	}
}

Test(marks, each_is_new_once)
{
	struct marks m = { 0 };

	for (int again = 0; again < 2; again++)
		for (uint64_t i = 0; i < 200000; i++)
			cr_assert_eq(marks_add(&m, i << 32 | (i ^ 77)),
			    again == 0, "%d", (int)i);
	cr_expect(marks_add(&m, 0));
	cr_expect_not(marks_add(&m, 0));
	marks_fini(&m);
}
