/*
 * window - the organization's limit, counted as Kong counts it.
 *
 * A counter that starts anew with each calendar minute.  That is its weakness
 * and the reason for this file: a client that is paced per 60 s of its own
 * may pass twice the limit around a minute's edge, and a client must cope
 * with exactly that.  A refused call is not counted.
 *
 *	12:00:00            12:01:00            12:02:00
 *	|--- limit calls ---|--- limit calls ---|
 *
 * Units	calls; milliseconds since 1970.
 * Ownership	a plain value; zeroed but for `limit` it is ready.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef SIM_WINDOW_H
#define SIM_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct window {
	int64_t limit; /* calls per calendar minute */
	int64_t minute;
	int64_t used;
};

struct window_room {
	bool ok;
	int64_t limit;
	int64_t remaining; /* after this call */
	int64_t reset_s;   /* until the minute ends, 1..60 */
};

/* Counts one call, unless the minute's calls are used up. */
struct window_room window_enter(struct window *w, int64_t wall_ms);

/* The same, but counts nothing. */
struct window_room window_look(const struct window *w, int64_t wall_ms);

#endif
