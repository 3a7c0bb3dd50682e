/*
 * timers - what is due next: a heap of delays.
 *
 * Ownership	borrows the timers, which stand in what they wake.  A timer
 *		that is set must be cleared before its memory goes.
 * Units	monotonic milliseconds.
 * Threads	none inside.
 * Errors	timers_set: false without memory.
 */
#ifndef SIM_TIMERS_H
#define SIM_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
	int64_t due_ms;
	size_t place; /* in the heap, from 1; 0: not set */
};

struct timers {
	struct timer **heap; /* [1] is due first */
	size_t count, room;
};

void timers_fini(struct timers *t);
bool timers_set(struct timers *t, struct timer *timer, int64_t due_ms);
void timers_clear(struct timers *t, struct timer *timer);

/* The one that is due, cleared; NULL if none is. */
struct timer *timers_due(struct timers *t, int64_t now_ms);

/* How long to sleep; -1: for ever. */
int timers_wait_ms(const struct timers *t, int64_t now_ms);

#endif
