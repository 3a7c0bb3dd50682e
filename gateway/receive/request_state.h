/*
 * request_state - the states of one producer request.
 *
 *	HEAD --ok--> BODY --ok--> STORE --ok--> REPLY --ok--> DONE
 *	 | |          |            | |           ^ ^ ^
 *	 | |        refuse      wait refuse      | | |
 *	 | |          |            v +-----------+ | |
 *	 | |          |           WAIT --ok--------+ |
 *	 | +--refuse--|------------------------------+
 *	 |            v
 *	 +-timeout-> DISCARD <--timeout-- BODY
 *
 *	data	keeps BODY and DISCARD where they are.
 *	hangup	(the producer closed) leads to DONE from all but STORE and
 *		WAIT: a suspended connection is not looked at until its
 *		completion comes, and a held one that breaks is released
 *		without asking this table.
 *
 * DISCARD exists because libmicrohttpd takes an answer before the body or
 * after it, never in between: a refusal in the middle of a body is written to
 * the socket past the library, and then the connection is only read empty and
 * closed.
 *
 * WAIT may still refuse: the request must be waiting already when the spool is
 * asked, because once the spool has the events another thread may complete
 * them at any moment.
 */
#ifndef GATEWAY_RECEIVE_REQUEST_STATE_H
#define GATEWAY_RECEIVE_REQUEST_STATE_H

enum request_state {
	REQUEST_BUG = 0, /* an empty cell of the table */
	REQUEST_HEAD,    /* the request line was read, the rest of it not */
	REQUEST_BODY,    /* admitted; receiving the body */
	REQUEST_STORE,   /* the body is whole; the one state that may append */
	REQUEST_WAIT,    /* held or suspended; the spool has the events */
	REQUEST_REPLY,   /* an outcome is chosen */
	REQUEST_DISCARD, /* answered; the rest of the body is thrown away */
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
