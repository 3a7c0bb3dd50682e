#include "gateway/receive/request_state.h"

#include <criterion/criterion.h>

/* The drawing in request_state.h, arrow by arrow; what is not here is a bug. */
static const struct {
	enum request_state from;
	enum request_event event;
	enum request_state to;
} arrows[] = {
	{ EX_HEAD, EX_OK, EX_BODY },
	{ EX_HEAD, EX_REFUSE, EX_REPLY },
	{ EX_HEAD, EX_LATE, EX_CUT },
	{ EX_HEAD, EX_GONE, EX_DONE },
	{ EX_BODY, EX_OK, EX_STORE },
	{ EX_BODY, EX_MORE, EX_BODY },
	{ EX_BODY, EX_REFUSE, EX_CUT },
	{ EX_BODY, EX_LATE, EX_CUT },
	{ EX_BODY, EX_GONE, EX_DONE },
	{ EX_STORE, EX_OK, EX_REPLY },
	{ EX_STORE, EX_REFUSE, EX_REPLY },
	{ EX_STORE, EX_PARK, EX_WAIT },
	{ EX_WAIT, EX_OK, EX_REPLY },
	{ EX_WAIT, EX_REFUSE, EX_REPLY },
	{ EX_REPLY, EX_OK, EX_DONE },
	{ EX_REPLY, EX_GONE, EX_DONE },
	{ EX_CUT, EX_MORE, EX_CUT },
	{ EX_CUT, EX_GONE, EX_DONE },
};

static enum request_state
drawn(enum request_state from, enum request_event event)
{
	for (unsigned i = 0; i < sizeof arrows / sizeof arrows[0]; i++)
		if (arrows[i].from == from && arrows[i].event == event)
			return arrows[i].to;
	return EX_BUG;
}

Test(exchange, has_the_arrows_of_its_drawing_and_no_other)
{
	for (enum request_state s = EX_BUG; s < EX_STATES; s++)
		for (enum request_event e = 0; e < EX_EVENTS; e++)
			cr_expect_eq(request_state_next(s, e), drawn(s, e),
			    "state %d, event %d", s, e);
}

Test(exchange, done_is_final)
{
	for (enum request_event e = 0; e < EX_EVENTS; e++)
		cr_expect_eq(
		    request_state_next(EX_DONE, e), EX_BUG, "event %d", e);
}

/* Nothing that appended can be cut, and nothing cut can append. */
Test(exchange, what_was_cut_never_reaches_the_spool)
{
	for (enum request_event e = 0; e < EX_EVENTS; e++) {
		enum request_state next = request_state_next(EX_CUT, e);

		cr_expect(next == EX_CUT || next == EX_DONE || next == EX_BUG,
		    "event %d", e);
		cr_expect_neq(
		    request_state_next(EX_WAIT, e), EX_CUT, "event %d", e);
		cr_expect_neq(
		    request_state_next(EX_STORE, e), EX_CUT, "event %d", e);
	}
}
