#include <criterion/criterion.h>

#include "auth/upstream/credential_state.h"

/* clang-format off */
static const enum credential_state walk[PHASES][CREDENTIAL_STATE_EVENTS] = {
/*               FETCH           GOOD         BAD          AGE          LOST */
/* BUG */      { 0,              0,           0,           0,           0 },
/* EMPTY */    { CREDENTIAL_STATE_FETCHING, 0,           0,           0,           0 },
/* FETCHING */ { 0,              CREDENTIAL_STATE_FRESH, CREDENTIAL_STATE_EMPTY, 0,           0 },
/* FRESH */    { 0,              0,           0,           CREDENTIAL_STATE_STALE, CREDENTIAL_STATE_EMPTY },
/* STALE */    { CREDENTIAL_STATE_RENEWING, 0,           0,           0,           CREDENTIAL_STATE_EMPTY },
/* RENEWING */ { 0,              CREDENTIAL_STATE_FRESH, CREDENTIAL_STATE_STALE, 0,           CREDENTIAL_STATE_FETCHING },
};
/* clang-format on */

Test(phase, its_table_is_the_drawing)
{
	for (int s = 0; s < PHASES; s++)
		for (int e = 0; e < CREDENTIAL_STATE_EVENTS; e++)
			cr_expect_eq(credential_state_next(s, e), walk[s][e],
			    "state %d, event %d", s, e);
}

Test(phase, a_fetch_is_under_way_in_two_phases_and_begins_in_two)
{
	for (int p = CREDENTIAL_STATE_EMPTY; p < PHASES; p++) {
		bool under_way =
		    credential_state_next(p, CREDENTIAL_STATE_BAD) !=
		    CREDENTIAL_STATE_BUG;
		bool begins =
		    credential_state_next(p, CREDENTIAL_STATE_FETCH) !=
		    CREDENTIAL_STATE_BUG;

		cr_expect_eq(under_way,
		    p == CREDENTIAL_STATE_FETCHING ||
			p == CREDENTIAL_STATE_RENEWING,
		    "phase %d", p);
		cr_expect(!(under_way && begins), "phase %d", p);
		cr_expect_eq(credential_state_next(p, CREDENTIAL_STATE_GOOD) !=
				 CREDENTIAL_STATE_BUG,
		    under_way);
	}
}
