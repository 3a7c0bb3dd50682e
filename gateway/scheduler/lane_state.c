#include "gateway/scheduler/lane_state.h"

/* clang-format off */
static const enum lane_state next[LANE_STATES][LANE_EVENTS] = {
[LANE_FLOWING]   = { [LANE_OK]    = LANE_FLOWING,
		     [LANE_LATER] = LANE_WAITING,
		     [LANE_HOLD]  = LANE_HELD,
		     [LANE_SPLIT] = LANE_SPLITTING,
		     [LANE_WHOLE] = LANE_FLOWING },
[LANE_WAITING]   = { [LANE_OK]    = LANE_FLOWING,
		     [LANE_LATER] = LANE_WAITING,
		     [LANE_HOLD]  = LANE_HELD,
		     [LANE_SPLIT] = LANE_SPLITTING,
		     [LANE_WHOLE] = LANE_WAITING },
[LANE_HELD]      = { [LANE_OK]    = LANE_FLOWING,
		     [LANE_LATER] = LANE_WAITING,
		     [LANE_HOLD]  = LANE_HELD,
		     [LANE_SPLIT] = LANE_SPLITTING,
		     [LANE_WHOLE] = LANE_HELD },
[LANE_SPLITTING] = { [LANE_OK]    = LANE_SPLITTING,
		     [LANE_LATER] = LANE_WAITING,
		     [LANE_HOLD]  = LANE_HELD,
		     [LANE_SPLIT] = LANE_SPLITTING,
		     [LANE_WHOLE] = LANE_FLOWING },
};
/* clang-format on */

enum lane_state
lane_next(enum lane_state state, enum lane_event event)
{
	return next[state][event];
}
