#include "auth/upstream/credential_state.h"

/* clang-format off */
static const enum credential_state next[PHASES][CREDENTIAL_STATE_EVENTS] = {
[CREDENTIAL_STATE_EMPTY]    = { [CREDENTIAL_STATE_FETCH] = CREDENTIAL_STATE_FETCHING },
[CREDENTIAL_STATE_FETCHING] = { [CREDENTIAL_STATE_GOOD]  = CREDENTIAL_STATE_FRESH,
                     [CREDENTIAL_STATE_BAD]   = CREDENTIAL_STATE_EMPTY },
[CREDENTIAL_STATE_FRESH]    = { [CREDENTIAL_STATE_AGE]   = CREDENTIAL_STATE_STALE,
                     [CREDENTIAL_STATE_LOST]  = CREDENTIAL_STATE_EMPTY },
[CREDENTIAL_STATE_STALE]    = { [CREDENTIAL_STATE_FETCH] = CREDENTIAL_STATE_RENEWING,
                     [CREDENTIAL_STATE_LOST]  = CREDENTIAL_STATE_EMPTY },
[CREDENTIAL_STATE_RENEWING] = { [CREDENTIAL_STATE_GOOD]  = CREDENTIAL_STATE_FRESH,
                     [CREDENTIAL_STATE_BAD]   = CREDENTIAL_STATE_STALE,
                     [CREDENTIAL_STATE_LOST]  = CREDENTIAL_STATE_FETCHING },
};
/* clang-format on */

enum credential_state
credential_state_next(
    enum credential_state phase, enum credential_state_event event)
{
	return next[phase][event];
}
