#include <criterion/criterion.h>

#include "gateway/journal/range_set.h"

#define EVENTS 24

/* Against a row of flags, in random order, overlaps included. */
Test(parts, holds_what_a_row_of_flags_would)
{
	uint32_t random = 7;

	for (int round = 0; round < 3000; round++) {
		bool want[EVENTS] = { 0 };
		struct range_set parts = { 0 };
		struct frame_range gap = { 0, 0 };
		uint32_t at = 0, count = 0;

		for (int i = 0; i < 1 + round % 9; i++) {
			struct frame_range r;

			random = random * 1103515245 + 12345;
			r.from = random >> 8 & 15;
			r.count = random >> 16 & 7;
			cr_assert(range_set_add(&parts, r));
			for (uint32_t k = r.from; k < r.from + r.count; k++)
				want[k] = true;
		}
		for (uint32_t k = 0; k < EVENTS; k++)
			count += want[k];
		cr_assert_eq(parts.events, count, "round %d", round);
		while (
		    range_set_gap(&parts, gap.from + gap.count, EVENTS, &gap)) {
			for (; at < gap.from; at++)
				cr_assert(want[at], "round %d", round);
			for (; at < gap.from + gap.count; at++)
				cr_assert(!want[at], "round %d", round);
		}
		for (; at < EVENTS; at++)
			cr_assert(want[at], "round %d", round);
		range_set_fini(&parts);
	}
}

Test(parts, no_range_is_kept_twice)
{
	struct range_set parts = { 0 };

	range_set_add(&parts, (struct frame_range){ 4, 2 });
	range_set_add(&parts, (struct frame_range){ 0, 2 });
	cr_expect_eq(parts.count, 2);
	range_set_add(&parts, (struct frame_range){ 2, 2 });
	cr_expect_eq(parts.count, 1, "neighbours are one");
	cr_expect_eq(parts.events, 6);
	range_set_add(&parts, (struct frame_range){ 3, 0 });
	cr_expect_eq(parts.count, 1);
	range_set_fini(&parts);
}
