/*
 * request_state - the life of one producer request, as states.
 *
 *	HEAD --ok--> BODY --ok--> STORE --ok--> REPLY --ok--> DONE
 *	 | |          |            | |           ^ ^ ^
 *	 | |        refuse      park refuse      | | |
 *	 | |          |            v +-----------+ | |
 *	 | |          |           WAIT --ok--------+ |
 *	 | +--refuse--|------------------------------+
 *	 |            v
 *	 +--late---> CUT <--late-- BODY
 *
 *	more  keeps BODY and CUT where they are.
 *	gone  (the producer hung up) leads to DONE from anywhere but WAIT: a
 *	      suspended connection is not looked at until its ticket comes, and
 *	      a held one that breaks is given up without a word of this table.
 *
 * CUT exists because libmicrohttpd takes an answer before the body or after
 * it, never in between: a refusal made mid-body is written past it, and the
 * connection has no other use than to be read empty and closed.
 *
 * WAIT may still refuse: the request waits already when the spool is asked,
 * because after it said yes another thread may settle the ticket at once.
 */
#ifndef GATEWAY_RECEIVE_REQUEST_STATE_H
#define GATEWAY_RECEIVE_REQUEST_STATE_H

enum request_state {
	EX_BUG = 0, /* what a hole in the table reads as */
	EX_HEAD,    /* the request line was read, the rest of the head not */
	EX_BODY,    /* admitted; collecting the body */
	EX_STORE,   /* the body is whole; the one state that may append */
	EX_WAIT,    /* held or suspended; the events are the spool's */
	EX_REPLY,   /* an outcome is chosen */
	EX_CUT,     /* answered past the library; reading on to no purpose */
	EX_DONE,
	EX_STATES
};

enum request_event {
	EX_OK,
	EX_MORE,
	EX_PARK,
	EX_REFUSE,
	EX_LATE,
	EX_GONE,
	EX_EVENTS
};

enum request_state request_state_next(enum request_state, enum request_event);

#endif
