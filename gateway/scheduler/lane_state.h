/*
 * lane_state - may a lane send, by what is known of it?
 *
 *	from any: later	    from any: hold	from any: split
 *		    |		   |		       |
 *		    v		   v		       v
 *		 WAITING	  HELD		   SPLITTING
 *		    |		   |		       |
 *		    +----- ok -----+-----> FLOWING <---+ whole
 *
 *	(ok keeps SPLITTING and FLOWING; whole concerns SPLITTING alone)
 *
 * FLOWING: as many at a time as it likes.
 * SPLITTING: pieces of refused batches go before the rest, and while the lane
 *	is in doubt (nobody takes anything of it) they go alone, one by one.
 * WAITING: nothing until `until`, then one batch by itself, the probe, whose
 *	answer moves the lane again.
 * HELD: the same with one event and a longer wait; a person is needed.
 *
 * Units	events.
 * Ownership	plain values.
 * Threads	none inside.
 * Errors	none: every state knows every event.
 */
#ifndef GATEWAY_SCHEDULER_LANE_STATE_H
#define GATEWAY_SCHEDULER_LANE_STATE_H

#define LANE_PROBE_EVENTS 1 /* of a held lane */

enum lane_state {
	LANE_FLOWING,
	LANE_WAITING,
	LANE_HELD,
	LANE_SPLITTING,
	LANE_STATES
};

enum lane_event {
	LANE_OK,    /* 2xx */
	LANE_LATER, /* trouble that passes */
	LANE_HOLD,  /* trouble that needs a person */
	LANE_SPLIT, /* a batch was refused, and its pieces are to be sent */
	LANE_WHOLE, /* and the last of them was */
	LANE_EVENTS
};

enum lane_state lane_next(enum lane_state state, enum lane_event event);

#endif
