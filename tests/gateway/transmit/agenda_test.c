#include <criterion/criterion.h>
#include <string.h>

#include "gateway/transmit/agenda.h"

#define LANES 200

static uint32_t
random_next(uint32_t *state)
{
	return (*state = *state * 1664525 + 1013904223) >> 8;
}

/* Lanes placed at random times, some again and earlier, come out in order. */
Test(agenda, lanes_wake_when_due_and_not_before)
{
	static struct lane lanes[LANES];
	static int64_t due_ns[LANES];
	struct agenda agenda;
	struct lane *lane;
	uint32_t state = 1;
	size_t woken = 0, i;

	for (int round = 0; round < 200; round++) {
		memset(lanes, 0, sizeof lanes);
		memset(due_ns, 0, sizeof due_ns);
		cr_assert(agenda_init(&agenda, LANES));
		for (int64_t now = 10; now < 1000; now += 10) {
			for (int k = 0; k < 5; k++) {
				int64_t at =
				    now - 5 + random_next(&state) % 300;

				i = random_next(&state) % LANES;
				agenda_place(&agenda, &lanes[i],
				    (struct instant){ at },
				    (struct instant){ now });
				if (due_ns[i] == 0 || at < due_ns[i])
					due_ns[i] = at;
			}
			agenda_wake(&agenda, (struct instant){ now });
			cr_assert_gt(agenda_next(&agenda).ns, now);
			while ((lane = agenda_take(&agenda)) != NULL) {
				i = (size_t)(lane - lanes);
				cr_assert_leq(due_ns[i], now);
				cr_assert_neq(due_ns[i], 0);
				due_ns[i] = 0;
				woken++;
			}
			for (i = 0; i < LANES; i++)
				cr_assert(due_ns[i] == 0 || due_ns[i] > now,
				    "lane %zu overslept", i);
		}
		agenda_fini(&agenda);
	}
	cr_expect_gt(woken, 10000);
}

Test(agenda, ready_lanes_take_turns)
{
	struct lane lanes[3] = { 0 }, *lane;
	struct instant now = { 5 };
	struct agenda agenda;

	cr_assert(agenda_init(&agenda, 3));
	for (int i = 0; i < 3; i++)
		agenda_place(&agenda, &lanes[i], now, now);
	agenda_place(&agenda, &lanes[1], now, now); /* not twice */
	for (int i = 0; i < 9; i++) {
		lane = agenda_take(&agenda);
		cr_expect_eq(lane, &lanes[i % 3]);
		agenda_place(&agenda, lane, now, now);
	}
	lane = agenda_take(&agenda);
	agenda_untake(&agenda, lane);
	cr_expect_eq(agenda_take(&agenda), lane);
	agenda_put_aside(&agenda, lane);
	agenda_place(&agenda, lane, now, now); /* it is not in the ring */
	cr_expect_eq(agenda_take(&agenda), &lanes[1]);
	cr_expect_eq(agenda_take(&agenda), &lanes[2]);
	cr_expect_null(agenda_take(&agenda));
	agenda_recall(&agenda);
	cr_expect_eq(agenda_take(&agenda), lane);
	agenda_fini(&agenda);
}
