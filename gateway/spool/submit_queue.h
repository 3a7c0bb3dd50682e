/*
 * submit_queue - what workers and the pump say to the committer.
 *
 * Workers push records onto a list without a lock.  The pump's word about
 * records comes in order, in an array that is swapped out whole; a record that
 * it gives back is never lost for want of memory: then it hangs on a list.
 *
 * Units	events.
 * Ownership	as committer.h says.
 * Threads	push from any; the pump's calls from the pump's; take from the
 *		committer's.
 */
#ifndef GATEWAY_SPOOL_SUBMIT_QUEUE_H
#define GATEWAY_SPOOL_SUBMIT_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "gateway/model/record.h"
#include "gateway/journal/frame.h"

/* What the pump says of a record; `end`: it gives the record back. */
struct submit_queue_op {
	struct record *record;
	struct frame_range range; /* acked; empty: nothing */
	bool end;
};

struct submit_queue_ops {
	struct submit_queue_op *at;
	uint32_t count, room;
};

struct submit_queue_want {
	struct table *table; /* a reference */
	uint64_t bytes;
};

struct submit_queue {
	int wakeup_fd; /* written when something was put into an empty queue */
	_Atomic(struct record *) appended; /* newest first */
	pthread_mutex_t lock;
	struct submit_queue_ops ops;
	struct record *released, **released_link;
	struct submit_queue_want *wants;
	uint32_t want_count, want_room;
	bool piggyback; /* acks write no eventfd */
};

void submit_queue_init(struct submit_queue *queue, int wakeup_fd);
void submit_queue_fini(struct submit_queue *queue, struct instant now);

/* True: submit_queue_wake must follow. */
bool submit_queue_append(struct submit_queue *queue, struct record *record);
void submit_queue_wake(struct submit_queue *queue);
void submit_queue_part(struct submit_queue *queue, struct record *record,
    struct frame_range range);
void submit_queue_end(struct submit_queue *queue, struct record *record);
void submit_queue_want(
    struct submit_queue *queue, struct table *table, uint64_t bytes);

/* Moves what was said behind `ops`, as far as there is memory. */
void submit_queue_take_ops(
    struct submit_queue *queue, struct submit_queue_ops *ops);

/* The next want, with its reference; false: none. */
bool submit_queue_take_want(
    struct submit_queue *queue, struct submit_queue_want *want);

/*
 * If there are acks, and nothing else, they and those to come wait for a commit
 * that others cause, until submit_queue_end_piggyback. False: there is more to
 * do.
 */
bool submit_queue_begin_piggyback(struct submit_queue *queue);
void submit_queue_end_piggyback(struct submit_queue *queue);

#endif
