#include <criterion/criterion.h>

#include "auth/phase.h"

/* clang-format off */
static const enum phase walk[PHASES][PHASE_EVENTS] = {
/*               FETCH           GOOD         BAD          AGE          LOST */
/* BUG */      { 0,              0,           0,           0,           0 },
/* EMPTY */    { PHASE_FETCHING, 0,           0,           0,           0 },
/* FETCHING */ { 0,              PHASE_FRESH, PHASE_EMPTY, 0,           0 },
/* FRESH */    { 0,              0,           0,           PHASE_STALE, PHASE_EMPTY },
/* STALE */    { PHASE_RENEWING, 0,           0,           0,           PHASE_EMPTY },
/* RENEWING */ { 0,              PHASE_FRESH, PHASE_STALE, 0,           PHASE_FETCHING },
};
/* clang-format on */

Test(phase, its_table_is_the_drawing)
{
	for (int s = 0; s < PHASES; s++)
		for (int e = 0; e < PHASE_EVENTS; e++)
			cr_expect_eq(phase_next(s, e), walk[s][e],
			    "state %d, event %d", s, e);
}

Test(phase, a_fetch_is_under_way_in_two_phases_and_begins_in_two)
{
	for (int p = PHASE_EMPTY; p < PHASES; p++) {
		bool under_way = phase_next(p, PHASE_BAD) != PHASE_BUG;
		bool begins = phase_next(p, PHASE_FETCH) != PHASE_BUG;

		cr_expect_eq(under_way,
		    p == PHASE_FETCHING || p == PHASE_RENEWING, "phase %d", p);
		cr_expect(!(under_way && begins), "phase %d", p);
		cr_expect_eq(phase_next(p, PHASE_GOOD) != PHASE_BUG, under_way);
	}
}
