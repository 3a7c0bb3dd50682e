/*
 * run_queue - which lane is next, and when the first of the others wakes.
 *
 * Lanes that may send take turns in a ring; lanes that wait stand in a heap by
 * the time they wake and cost nothing until then.  A lane may wake too early
 * (what it waited for was withdrawn): it is then looked at and placed again.
 *
 * Units	instants.
 * Ownership	borrows lanes; run_queue_init gives the heap, run_queue_fini takes.
 * Threads	the pump's.
 * Errors	out of memory: false.
 */
#ifndef GATEWAY_SCHEDULER_RUN_QUEUE_H
#define GATEWAY_SCHEDULER_RUN_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/scheduler/lane.h"

struct run_queue {
	struct lane **heap;
	size_t count;
	struct lane *ready, *ready_tail;
	struct lane *aside; /* had its turn and may not go; by ready_next */
};

bool run_queue_init(struct run_queue *agenda, size_t lanes);
void run_queue_fini(struct run_queue *agenda);

/* The lane has something to send at `due`: never, now or past, or later. */
void run_queue_place(struct run_queue *agenda, struct lane *lane,
    struct instant due, struct instant now);

/* Gives those whose time has come a place in the ring. */
void run_queue_wake(struct run_queue *agenda, struct instant now);

/* When the first that waits wakes; INSTANT_NEVER. */
struct instant run_queue_next(const struct run_queue *agenda);

/* Takes the first of the ring; NULL: none is ready. */
struct lane *run_queue_take(struct run_queue *agenda);

/* Puts it back at the head: its turn is not over. */
void run_queue_untake(struct run_queue *agenda, struct lane *lane);

/* Out of the ring until run_queue_recall, which puts all of these at its end. */
void run_queue_put_aside(struct run_queue *agenda, struct lane *lane);
void run_queue_recall(struct run_queue *agenda);

#endif
