/*
 * run_queue - which lane is next, and when the first of the others wakes.
 *
 * Lanes that may send stand in a list, first come first served; lanes that wait
 * stand in a heap by the time they wake and cost nothing until then.  A lane
 * may wake too early (what it waited for was withdrawn): the caller looks at it
 * and schedules it again.
 *
 * Ownership	borrows lanes.
 * Errors	no memory in run_queue_init; after that none is needed.
 */
#ifndef GATEWAY_SCHEDULER_RUN_QUEUE_H
#define GATEWAY_SCHEDULER_RUN_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/heap.h"
#include "gateway/base/list.h"
#include "gateway/scheduler/lane.h"

struct run_queue {
	struct heap waiting; /* of lane.wake */
	struct list ready;   /* of lane.ready */
	struct list aside;   /* of lane.ready: may send, but not now */
};

bool run_queue_init(struct run_queue *queue, size_t lanes);
void run_queue_fini(struct run_queue *queue);

/* The lane has something to send at `due`: never, now or past, or later. */
void run_queue_schedule(struct run_queue *queue, struct lane *lane,
    struct instant due, struct instant now);

/* Makes those ready whose time has come. */
void run_queue_wake(struct run_queue *queue, struct instant now);

/* When the first that waits wakes; INSTANT_NEVER. */
struct instant run_queue_next(const struct run_queue *queue);

/* Takes the first that is ready; NULL: none is. */
struct lane *run_queue_take(struct run_queue *queue);

/* Puts it back as the first: it goes on. */
void run_queue_put_back(struct run_queue *queue, struct lane *lane);

/* Not ready until run_queue_recall, which puts all of these last. */
void run_queue_put_aside(struct run_queue *queue, struct lane *lane);
void run_queue_recall(struct run_queue *queue);

#endif
