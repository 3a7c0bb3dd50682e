/*
 * agenda - which lane is next, and when the first of the others wakes.
 *
 * Lanes that may send take turns in a ring; lanes that wait stand in a heap by
 * the time they wake and cost nothing until then.  A lane may wake too early
 * (what it waited for was withdrawn): it is then looked at and placed again.
 *
 * Units	instants.
 * Ownership	borrows lanes; agenda_init gives the heap, agenda_fini takes.
 * Threads	the pump's.
 * Errors	out of memory: false.
 */
#ifndef GATEWAY_TRANSMIT_AGENDA_H
#define GATEWAY_TRANSMIT_AGENDA_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/transmit/lane.h"

struct agenda {
	struct lane **heap;
	size_t count;
	struct lane *ready, *ready_tail;
	struct lane *aside; /* had its turn and may not go; by ready_next */
};

bool agenda_init(struct agenda *agenda, size_t lanes);
void agenda_fini(struct agenda *agenda);

/* The lane has something to send at `due`: never, now or past, or later. */
void agenda_place(struct agenda *agenda, struct lane *lane, struct instant due,
    struct instant now);

/* Gives those whose time has come a place in the ring. */
void agenda_wake(struct agenda *agenda, struct instant now);

/* When the first that waits wakes; INSTANT_NEVER. */
struct instant agenda_next(const struct agenda *agenda);

/* Takes the first of the ring; NULL: none is ready. */
struct lane *agenda_take(struct agenda *agenda);

/* Puts it back at the head: its turn is not over. */
void agenda_untake(struct agenda *agenda, struct lane *lane);

/* Out of the ring until agenda_recall, which puts all of these at its end. */
void agenda_put_aside(struct agenda *agenda, struct lane *lane);
void agenda_recall(struct agenda *agenda);

#endif
