#include "gateway/receive/request_state.h"

/* clang-format off */
static const enum request_state next[EX_STATES][EX_EVENTS] = {
[EX_HEAD]  = { [EX_OK] = EX_BODY,  [EX_REFUSE] = EX_REPLY,
               [EX_LATE] = EX_CUT, [EX_GONE] = EX_DONE },
[EX_BODY]  = { [EX_OK] = EX_STORE, [EX_REFUSE] = EX_CUT, [EX_MORE] = EX_BODY,
               [EX_LATE] = EX_CUT, [EX_GONE] = EX_DONE },
[EX_STORE] = { [EX_OK] = EX_REPLY, [EX_REFUSE] = EX_REPLY,
               [EX_PARK] = EX_WAIT },
[EX_WAIT]  = { [EX_OK] = EX_REPLY, [EX_REFUSE] = EX_REPLY },
[EX_REPLY] = { [EX_OK] = EX_DONE,  [EX_GONE] = EX_DONE },
[EX_CUT]   = { [EX_MORE] = EX_CUT, [EX_GONE] = EX_DONE },
};
/* clang-format on */

enum request_state
request_state_next(enum request_state state, enum request_event event)
{
	return next[state][event];
}
