/*
 * deadline - which of many things is due next?
 *
 * A binary heap of members that are embedded in what they belong to.  It is
 * lazy: a member stays where it is while its owner's true deadline moves
 * later, and is put right when it comes up.  So a keep-alive connection that
 * serves a thousand requests a second touches the heap once in seconds.
 *
 * Units	instants.
 * Ownership	members are the caller's; the heap owns its array of pointers.
 * Threads	one.
 * Errors	no memory: false, nothing changed.
 */
#ifndef GATEWAY_RECEIVE_DEADLINE_H
#define GATEWAY_RECEIVE_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/clock.h"

struct deadline {
	struct instant at;
	size_t place; /* 1-based in the heap; 0: not in it */
};

struct deadlines {
	struct deadline **heap;
	size_t count, room;
};

void deadlines_init(struct deadlines *all);
void deadlines_fini(struct deadlines *all);

/* Makes sure that `d` comes up at `at` or before. */
bool deadlines_by(struct deadlines *all, struct deadline *d, struct instant at);
void deadlines_remove(struct deadlines *all, struct deadline *d);

/* INSTANT_NEVER when there is none. */
struct instant deadlines_next(const struct deadlines *all);

/* Takes out the first that is due at `now`; NULL: none. */
struct deadline *deadlines_take(struct deadlines *all, struct instant now);

#endif
