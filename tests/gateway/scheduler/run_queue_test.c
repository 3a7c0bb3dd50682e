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
Test(run_queue, lanes_wake_when_due_and_not_before)
{
	static struct lane lanes[SIMD];
	static int64_t due_ns[SIMD];
	struct run_queue queue;
	struct lane *lane;
	uint32_t state = 1;
	size_t woken = 0, i;

	for (int round = 0; round < 200; round++) {
		memset(lanes, 0, sizeof lanes);
		memset(due_ns, 0, sizeof due_ns);
		cr_assert(run_queue_init(&queue, SIMD));
		for (int64_t now = 10; now < 1000; now += 10) {
			for (int k = 0; k < 5; k++) {
				int64_t at =
				    now - 5 + random_next(&state) % 300;

				i = random_next(&state) % SIMD;
				run_queue_schedule(&queue, &lanes[i],
				    (struct instant){ at },
				    (struct instant){ now });
				if (due_ns[i] == 0 || at < due_ns[i])
					due_ns[i] = at;
			}
			run_queue_wake(&queue, (struct instant){ now });
			cr_assert_gt(run_queue_next(&queue).ns, now);
			while ((lane = run_queue_take(&queue)) != NULL) {
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
		run_queue_fini(&queue);
	}
	cr_expect_gt(woken, 10000);
}

Test(run_queue, ready_lanes_alternate)
{
	struct lane lanes[3] = { 0 }, *lane;
	struct instant now = { 5 };
	struct run_queue queue;

	cr_assert(run_queue_init(&queue, 3));
	for (int i = 0; i < 3; i++)
		run_queue_schedule(&queue, &lanes[i], now, now);
	run_queue_schedule(&queue, &lanes[1], now, now); /* not twice */
	for (int i = 0; i < 9; i++) {
		lane = run_queue_take(&queue);
		cr_expect_eq(lane, &lanes[i % 3]);
		run_queue_schedule(&queue, lane, now, now);
	}
	lane = run_queue_take(&queue);
	run_queue_put_back(&queue, lane);
	cr_expect_eq(run_queue_take(&queue), lane);
	run_queue_put_aside(&queue, lane);
	run_queue_schedule(&queue, lane, now, now); /* it is set aside */
	cr_expect_eq(run_queue_take(&queue), &lanes[1]);
	cr_expect_eq(run_queue_take(&queue), &lanes[2]);
	cr_expect_null(run_queue_take(&queue));
	run_queue_recall(&queue);
	cr_expect_eq(run_queue_take(&queue), lane);
	run_queue_fini(&queue);
}
