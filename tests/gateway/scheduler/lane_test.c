#include <criterion/criterion.h>

#include "gateway/scheduler/lane.h"

/* The drawing in lane.h, cell by cell. */
Test(lane, moves_as_drawn)
{
	static const struct {
		enum lane_state from;
		enum lane_event event;
		enum lane_state to;
	} cells[] = {
		{ LANE_FLOWING, LANE_OK, LANE_FLOWING },
		{ LANE_FLOWING, LANE_LATER, LANE_WAITING },
		{ LANE_FLOWING, LANE_HOLD, LANE_HELD },
		{ LANE_FLOWING, LANE_SPLIT, LANE_SPLITTING },
		{ LANE_FLOWING, LANE_WHOLE, LANE_FLOWING },
		{ LANE_WAITING, LANE_OK, LANE_FLOWING },
		{ LANE_WAITING, LANE_LATER, LANE_WAITING },
		{ LANE_WAITING, LANE_HOLD, LANE_HELD },
		{ LANE_WAITING, LANE_SPLIT, LANE_SPLITTING },
		{ LANE_WAITING, LANE_WHOLE, LANE_WAITING },
		{ LANE_HELD, LANE_OK, LANE_FLOWING },
		{ LANE_HELD, LANE_LATER, LANE_WAITING },
		{ LANE_HELD, LANE_HOLD, LANE_HELD },
		{ LANE_HELD, LANE_SPLIT, LANE_SPLITTING },
		{ LANE_HELD, LANE_WHOLE, LANE_HELD },
		{ LANE_SPLITTING, LANE_OK, LANE_SPLITTING },
		{ LANE_SPLITTING, LANE_LATER, LANE_WAITING },
		{ LANE_SPLITTING, LANE_HOLD, LANE_HELD },
		{ LANE_SPLITTING, LANE_SPLIT, LANE_SPLITTING },
		{ LANE_SPLITTING, LANE_WHOLE, LANE_FLOWING },
	};

	cr_assert_eq(sizeof cells / sizeof cells[0], LANE_STATES * LANE_EVENTS);
	for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
		cr_expect_eq(lane_next(cells[i].from, cells[i].event),
		    cells[i].to, "cell %zu", i);
}

Test(lane, answers_to_calls_from_before_it_moved_do_not_move_it)
{
	struct lane lane = { 0 };
	struct batch batch = { .lane = &lane };

	batch.call = 5;
	cr_expect(lane_answered(&lane, &batch, LANE_LATER, 9));
	cr_expect_eq(lane.failures, 1);
	for (batch.call = 6; batch.call <= 9; batch.call++) {
		cr_expect_not(lane_answered(&lane, &batch, LANE_LATER, 20));
		cr_expect_not(lane_answered(&lane, &batch, LANE_OK, 20));
	}
	cr_expect_eq(lane.state, LANE_WAITING);
	cr_expect_eq(lane.failures, 1);
	batch.call = 10;
	cr_expect(lane_answered(&lane, &batch, LANE_LATER, 10));
	cr_expect_eq(lane.failures, 2);
	batch.call = 11;
	cr_expect(lane_answered(&lane, &batch, LANE_HOLD, 11));
	cr_expect_eq(lane.state, LANE_HELD);
	cr_expect_eq(lane.failures, 1, "counted anew in each state");
	batch.call = 12;
	cr_expect(lane_answered(&lane, &batch, LANE_OK, 12));
	cr_expect_eq(lane.failures, 0);
	batch.call = 13;
	cr_expect_not(lane_answered(&lane, &batch, LANE_OK, 13));
}
