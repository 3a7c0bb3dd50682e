#include "gateway/receive/request_state.h"

#include <criterion/criterion.h>

/* The drawing in request_state.h, arrow by arrow; what is not here is a bug. */
static const struct {
	enum request_state from;
	enum request_event event;
	enum request_state to;
} arrows[] = {
	{ REQUEST_HEAD, REQUEST_EVENT_OK, REQUEST_BODY },
	{ REQUEST_HEAD, REQUEST_EVENT_REFUSE, REQUEST_REPLY },
	{ REQUEST_HEAD, REQUEST_EVENT_TIMEOUT, REQUEST_DISCARD },
	{ REQUEST_HEAD, REQUEST_EVENT_HANGUP, REQUEST_DONE },
	{ REQUEST_BODY, REQUEST_EVENT_OK, REQUEST_STORE },
	{ REQUEST_BODY, REQUEST_EVENT_DATA, REQUEST_BODY },
	{ REQUEST_BODY, REQUEST_EVENT_REFUSE, REQUEST_DISCARD },
	{ REQUEST_BODY, REQUEST_EVENT_TIMEOUT, REQUEST_DISCARD },
	{ REQUEST_BODY, REQUEST_EVENT_HANGUP, REQUEST_DONE },
	{ REQUEST_STORE, REQUEST_EVENT_OK, REQUEST_REPLY },
	{ REQUEST_STORE, REQUEST_EVENT_REFUSE, REQUEST_REPLY },
	{ REQUEST_STORE, REQUEST_EVENT_WAIT, REQUEST_WAIT },
	{ REQUEST_WAIT, REQUEST_EVENT_OK, REQUEST_REPLY },
	{ REQUEST_WAIT, REQUEST_EVENT_REFUSE, REQUEST_REPLY },
	{ REQUEST_REPLY, REQUEST_EVENT_OK, REQUEST_DONE },
	{ REQUEST_REPLY, REQUEST_EVENT_HANGUP, REQUEST_DONE },
	{ REQUEST_DISCARD, REQUEST_EVENT_DATA, REQUEST_DISCARD },
	{ REQUEST_DISCARD, REQUEST_EVENT_HANGUP, REQUEST_DONE },
};

static enum request_state
drawn(enum request_state from, enum request_event event)
{
	for (unsigned i = 0; i < sizeof arrows / sizeof arrows[0]; i++)
		if (arrows[i].from == from && arrows[i].event == event)
			return arrows[i].to;
	return REQUEST_BUG;
}

Test(request_state, has_the_arrows_of_its_drawing_and_no_other)
{
	for (enum request_state s = REQUEST_BUG; s < REQUEST_STATES; s++)
		for (enum request_event e = 0; e < REQUEST_EVENTS; e++)
			cr_expect_eq(request_state_next(s, e), drawn(s, e),
			    "state %d, event %d", s, e);
}

Test(request_state, done_is_final)
{
	for (enum request_event e = 0; e < REQUEST_EVENTS; e++)
		cr_expect_eq(request_state_next(REQUEST_DONE, e), REQUEST_BUG,
		    "event %d", e);
}

/* What is being discarded cannot append, and what appended is never discarded. */
Test(request_state, a_discarded_request_never_reaches_the_spool)
{
	for (enum request_event e = 0; e < REQUEST_EVENTS; e++) {
		enum request_state next =
		    request_state_next(REQUEST_DISCARD, e);

		cr_expect(next == REQUEST_DISCARD || next == REQUEST_DONE ||
			      next == REQUEST_BUG,
		    "event %d", e);
		cr_expect_neq(request_state_next(REQUEST_WAIT, e),
		    REQUEST_DISCARD, "event %d", e);
		cr_expect_neq(request_state_next(REQUEST_STORE, e),
		    REQUEST_DISCARD, "event %d", e);
	}
}
