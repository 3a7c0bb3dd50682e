/*
 * credential_state - where a token is in its life, and what moves it on.
 *
 *	          +--------- bad ---------+
 *	          v                       |
 *	        EMPTY ------ fetch ---> FETCHING		no token
 *	        ^   ^                   |      ^
 *	      lost  |                 good     |
 *	        |   |                   |      |
 *	        |   +--lost-- FRESH <---+     lost
 *	        |              | ^             |
 *	        |             age +--good--+   |		a token
 *	        |              v           |   |
 *	        +---lost---- STALE -fetch-> RENEWING
 *	                       ^               |
 *	                       +----- bad -----+
 *
 *	age   75 % of the token's life is over: fetch another, use this one
 *	lost  the token's life is over, or the upstream answered 401 to it
 *
 * One fetch is under way in FETCHING and RENEWING, none elsewhere.  A lost
 * token does not disturb the fetch of its successor.
 *
 * Ownership	plain values.
 * Threads	any.
 * Errors	CREDENTIAL_STATE_BUG: what cannot happen happened.
 */
#ifndef AUTH_UPSTREAM_CREDENTIAL_STATE_H
#define AUTH_UPSTREAM_CREDENTIAL_STATE_H

enum credential_state {
	CREDENTIAL_STATE_BUG = 0, /* what a hole in the table reads as */
	CREDENTIAL_STATE_EMPTY,
	CREDENTIAL_STATE_FETCHING,
	CREDENTIAL_STATE_FRESH,
	CREDENTIAL_STATE_STALE,
	CREDENTIAL_STATE_RENEWING,
	PHASES
};

enum credential_state_event {
	CREDENTIAL_STATE_FETCH, /* a fetch begins */
	CREDENTIAL_STATE_GOOD,  /* it brought a token */
	CREDENTIAL_STATE_BAD,   /* it did not */
	CREDENTIAL_STATE_AGE,
	CREDENTIAL_STATE_LOST,
	CREDENTIAL_STATE_EVENTS
};

enum credential_state credential_state_next(
    enum credential_state phase, enum credential_state_event event);

#endif
