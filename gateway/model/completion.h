/*
 * completion - the result that a suspended request waits for.
 *
 * The worker that suspended the request owns a box.  The thread that learns
 * the result completes the completion: that puts it in the box and wakes the
 * worker.  So nothing below the worker ever calls it.
 *
 * Ownership	the completion is part of the worker's request.  From
 *		spool_put until it comes out of the box it belongs to the
 *		other side, and it always comes out.
 * Threads	completion_complete from any; a box is emptied by its worker.
 */
#ifndef GATEWAY_MODEL_COMPLETION_H
#define GATEWAY_MODEL_COMPLETION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "parsers/err.h"

/* What the request waits for. */
enum completion_until {
	COMPLETION_UNTIL_DELIVERED,
	COMPLETION_UNTIL_DURABLE, /* only where the spool is on disk */
};

enum completion_result {
	COMPLETION_DELIVERED,   /* upstream answered 2xx for every event */
	COMPLETION_WITHDRAWN,   /* deadline passed: what is unsent stays so */
	COMPLETION_DURABLE,     /* every event is synced to disk */
	COMPLETION_DISK_FAILED, /* whether the events were kept is unknown */
	COMPLETION_SPOOL_FULL,  /* nothing was kept */
	COMPLETION_PARTLY_REFUSED, /* delivered, but for events that upstream refused */
};

#define COMPLETION_REFUSED_MAX 20

struct completion_box {
	_Atomic(struct completion *) completed;
	int fd; /* readable (an eventfd) while the box may hold completions */
	atomic_bool awake; /* its worker is about to look: no wake-up needed */
};

struct completion {
	struct completion *next;
	struct completion_box *box;
	struct instant deadline; /* ack_timeout after acceptance */
	enum completion_until until;
	enum completion_result result;
	uint32_t refused; /* events; of these the numbers, from 0, are here: */
	uint32_t refused_events[COMPLETION_REFUSED_MAX];
};

bool completion_box_init(struct completion_box *box, struct err *err);
void completion_box_fini(struct completion_box *box);

/* The completion is its worker's again: do not touch it afterwards. */
void completion_complete(
    struct completion *completion, enum completion_result result);

/* Empties the box and its eventfd; completions hang on `next`, oldest first. */
struct completion *completion_box_take(struct completion_box *box);

/* The same without reading the eventfd, for a worker that was not woken. */
struct completion *completion_box_look(struct completion_box *box);

#endif
