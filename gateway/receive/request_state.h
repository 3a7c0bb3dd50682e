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
	REQUEST_BUG = 0, /* what a hole in the table reads as */
	REQUEST_HEAD,  /* the request line was read, the rest of the head not */
	REQUEST_BODY,  /* admitted; collecting the body */
	REQUEST_STORE, /* the body is whole; the one state that may append */
	REQUEST_WAIT,  /* held or suspended; the events are the spool's */
	REQUEST_REPLY, /* an outcome is chosen */
	REQUEST_DISCARD, /* answered past the library; reading on to no purpose */
	REQUEST_DONE,
	REQUEST_STATES
};

enum request_event {
	REQUEST_EVENT_OK,
	REQUEST_EVENT_DATA,
	REQUEST_EVENT_WAIT,
	REQUEST_EVENT_REFUSE,
	REQUEST_EVENT_TIMEOUT,
	REQUEST_EVENT_HANGUP,
	REQUEST_EVENTS
};

enum request_state request_state_next(enum request_state, enum request_event);

#endif
