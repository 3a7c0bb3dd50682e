/*
 * completion - a suspended request waits for what becomes of its events.
 *
 * The worker that suspended the request owns a box; whoever learns the result
 * settles the ticket, which puts it in the box and wakes the worker.  Results
 * travel back as values: nobody below the worker ever calls it.
 *
 * Ownership	the ticket is part of the worker's request.  From spool_put
 *		to the moment it comes out of the box it belongs to the other
 *		side, and it always comes out.
 * Threads	completion_settle from any; a box is emptied by its worker alone.
 * Errors	none, but for making a box.
 */
#ifndef GATEWAY_MODEL_COMPLETION_H
#define GATEWAY_MODEL_COMPLETION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "parsers/err.h"

/* What the request waits for. */
enum completion_wish {
	COMPLETION_WISH_DELIVERED,
	COMPLETION_WISH_DURABLE, /* only where the spool is on disk */
};

enum completion_result {
	COMPLETION_DELIVERED, /* upstream answered 2xx for every event */
	COMPLETION_WITHDRAWN, /* deadline passed: unsent events will not be sent */
	COMPLETION_DURABLE, /* every event is synced to disk */
	COMPLETION_FAILED,  /* the disk failed: kept or not, nobody knows */
	COMPLETION_REFUSED, /* the spool is full: nothing was kept */
	COMPLETION_SIFTED, /* delivered, but for events that upstream refused */
};

#define COMPLETION_REFUSED_TOLD 20

struct completion_box {
	_Atomic(struct completion *) settled;
	int fd; /* readable (an eventfd) while the box may hold tickets */
	atomic_bool awake; /* its worker is about to look: do not ring */
};

struct completion {
	struct completion *next;
	struct completion_box *box;
	struct instant deadline; /* ack_timeout after acceptance */
	enum completion_wish wish;
	enum completion_result result;
	uint32_t refused; /* events; of these the numbers, from 0, are here: */
	uint32_t refused_events[COMPLETION_REFUSED_TOLD];
};

bool completion_box_init(struct completion_box *box, struct err *err);
void completion_box_fini(struct completion_box *box);

/* Gives the ticket back to its worker: touch it no more. */
void completion_settle(
    struct completion *ticket, enum completion_result result);

/* Empties the box and its eventfd; tickets hang on `next`, oldest first. */
struct completion *completion_box_take(struct completion_box *box);

/* The same without the eventfd, for one who comes without having been rung. */
struct completion *completion_box_look(struct completion_box *box);

#endif
