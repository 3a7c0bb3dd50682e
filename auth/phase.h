/*
 * phase - where a token is in its life, and what moves it on.
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
 * Errors	PHASE_BUG: what cannot happen happened.
 */
#ifndef AUTH_PHASE_H
#define AUTH_PHASE_H

enum phase {
	PHASE_BUG = 0, /* what a hole in the table reads as */
	PHASE_EMPTY,
	PHASE_FETCHING,
	PHASE_FRESH,
	PHASE_STALE,
	PHASE_RENEWING,
	PHASES
};

enum phase_event {
	PHASE_FETCH, /* a fetch begins */
	PHASE_GOOD,  /* it brought a token */
	PHASE_BAD,   /* it did not */
	PHASE_AGE,
	PHASE_LOST,
	PHASE_EVENTS
};

enum phase phase_next(enum phase phase, enum phase_event event);

#endif
