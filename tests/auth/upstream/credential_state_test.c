#include <criterion/criterion.h>

#include "auth/upstream/credential.h"

#define BUG      CREDENTIAL_BUG
#define EMPTY    CREDENTIAL_EMPTY
#define FETCHING CREDENTIAL_FETCHING
#define FRESH    CREDENTIAL_FRESH
#define STALE    CREDENTIAL_STALE
#define RENEWING CREDENTIAL_RENEWING

/* clang-format off */
static const enum credential_state walk[CREDENTIAL_STATES][CREDENTIAL_EVENTS] = {
/*               FETCH     GOOD   BAD    AGE    LOST */
/* BUG */      { BUG,      BUG,   BUG,   BUG,   BUG },
/* EMPTY */    { FETCHING, BUG,   BUG,   BUG,   BUG },
/* FETCHING */ { BUG,      FRESH, EMPTY, BUG,   BUG },
/* FRESH */    { BUG,      BUG,   BUG,   STALE, EMPTY },
/* STALE */    { RENEWING, BUG,   BUG,   BUG,   EMPTY },
/* RENEWING */ { BUG,      FRESH, STALE, BUG,   FETCHING },
};
/* clang-format on */

Test(credential_state, its_table_is_the_drawing)
{
	for (int s = 0; s < CREDENTIAL_STATES; s++)
		for (int e = 0; e < CREDENTIAL_EVENTS; e++)
			cr_expect_eq(credential_next(s, e), walk[s][e],
			    "state %d, event %d", s, e);
}

Test(credential_state, a_fetch_is_under_way_in_two_states_and_begins_in_two)
{
	for (int p = CREDENTIAL_EMPTY; p < CREDENTIAL_STATES; p++) {
		bool under_way =
		    credential_next(p, CREDENTIAL_BAD) != CREDENTIAL_BUG;
		bool begins =
		    credential_next(p, CREDENTIAL_FETCH) != CREDENTIAL_BUG;

		cr_expect_eq(under_way,
		    p == CREDENTIAL_FETCHING || p == CREDENTIAL_RENEWING,
		    "state %d", p);
		cr_expect(!(under_way && begins), "state %d", p);
		cr_expect_eq(
		    credential_next(p, CREDENTIAL_GOOD) != CREDENTIAL_BUG,
		    under_way);
	}
}
