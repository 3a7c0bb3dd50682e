#include "auth/phase.h"

/* clang-format off */
static const enum phase next[PHASES][PHASE_EVENTS] = {
[PHASE_EMPTY]    = { [PHASE_FETCH] = PHASE_FETCHING },
[PHASE_FETCHING] = { [PHASE_GOOD]  = PHASE_FRESH,
                     [PHASE_BAD]   = PHASE_EMPTY },
[PHASE_FRESH]    = { [PHASE_AGE]   = PHASE_STALE,
                     [PHASE_LOST]  = PHASE_EMPTY },
[PHASE_STALE]    = { [PHASE_FETCH] = PHASE_RENEWING,
                     [PHASE_LOST]  = PHASE_EMPTY },
[PHASE_RENEWING] = { [PHASE_GOOD]  = PHASE_FRESH,
                     [PHASE_BAD]   = PHASE_STALE,
                     [PHASE_LOST]  = PHASE_FETCHING },
};
/* clang-format on */

enum phase
phase_next(enum phase phase, enum phase_event event)
{
	return next[phase][event];
}
