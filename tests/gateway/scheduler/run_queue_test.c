#include <criterion/criterion.h>
#include <string.h>

#include "gateway/scheduler/run_queue.h"

#define SIMD 200

static uint32_t
random_next(uint32_t *state)
{
	return (*state = *state * 1664525 + 1013904223) >> 8;
}

/* Lanes placed at random times, some again and earlier, come out in order. */
Test(agenda, lanes_wake_when_due_and_not_before)
{
	static struct lane lanes[SIMD];
	static int64_t due_ns[SIMD];
	struct run_queue agenda;
	struct lane *lane;
	uint32_t state = 1;
	size_t woken = 0, i;

	for (int round = 0; round < 200; round++) {
		memset(lanes, 0, sizeof lanes);
		memset(due_ns, 0, sizeof due_ns);
		cr_assert(run_queue_init(&agenda, SIMD));
		for (int64_t now = 10; now < 1000; now += 10) {
			for (int k = 0; k < 5; k++) {
				int64_t at =
				    now - 5 + random_next(&state) % 300;

				i = random_next(&state) % SIMD;
				run_queue_place(&agenda, &lanes[i],
				    (struct instant){ at },
				    (struct instant){ now });
				if (due_ns[i] == 0 || at < due_ns[i])
					due_ns[i] = at;
			}
			run_queue_wake(&agenda, (struct instant){ now });
			cr_assert_gt(run_queue_next(&agenda).ns, now);
			while ((lane = run_queue_take(&agenda)) != NULL) {
				i = (size_t)(lane - lanes);
				cr_assert_leq(due_ns[i], now);
				cr_assert_neq(due_ns[i], 0);
				due_ns[i] = 0;
				woken++;
			}
			for (i = 0; i < SIMD; i++)
				cr_assert(due_ns[i] == 0 || due_ns[i] > now,
				    "lane %zu overslept", i);
		}
		run_queue_fini(&agenda);
	}
	cr_expect_gt(woken, 10000);
}

Test(agenda, ready_lanes_take_turns)
{
	struct lane lanes[3] = { 0 }, *lane;
	struct instant now = { 5 };
	struct run_queue agenda;

	cr_assert(run_queue_init(&agenda, 3));
	for (int i = 0; i < 3; i++)
		run_queue_place(&agenda, &lanes[i], now, now);
	run_queue_place(&agenda, &lanes[1], now, now); /* not twice */
	for (int i = 0; i < 9; i++) {
		lane = run_queue_take(&agenda);
		cr_expect_eq(lane, &lanes[i % 3]);
		run_queue_place(&agenda, lane, now, now);
	}
	lane = run_queue_take(&agenda);
	run_queue_untake(&agenda, lane);
	cr_expect_eq(run_queue_take(&agenda), lane);
	run_queue_put_aside(&agenda, lane);
	run_queue_place(&agenda, lane, now, now); /* it is not in the ring */
	cr_expect_eq(run_queue_take(&agenda), &lanes[1]);
	cr_expect_eq(run_queue_take(&agenda), &lanes[2]);
	cr_expect_null(run_queue_take(&agenda));
	run_queue_recall(&agenda);
	cr_expect_eq(run_queue_take(&agenda), lane);
	run_queue_fini(&agenda);
}
