/*
 * ticket - a suspended request waits for what becomes of its events.
 *
 * The worker that suspended the request owns a box; whoever learns the result
 * settles the ticket, which puts it in the box and wakes the worker.  Results
 * travel back as values: nobody below the worker ever calls it.
 *
 * Ownership	the ticket is part of the worker's request.  From spool_put
 *		to the moment it comes out of the box it belongs to the other
 *		side, and it always comes out.
 * Threads	ticket_settle from any; a box is emptied by its worker alone.
 * Errors	none, but for making a box.
 */
#ifndef GATEWAY_SPOOL_TICKET_H
#define GATEWAY_SPOOL_TICKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/clock.h"
#include "parsers/err.h"

/* What the request waits for. */
enum ticket_wish {
	TICKET_WISH_DELIVERED,
	TICKET_WISH_DURABLE, /* only where the spool is on disk */
};

enum ticket_result {
	TICKET_DELIVERED, /* upstream answered 2xx for every event */
	TICKET_WITHDRAWN, /* deadline passed: unsent events will not be sent */
	TICKET_DURABLE,   /* every event is synced to disk */
	TICKET_FAILED,    /* the disk failed: kept or not, nobody knows */
	TICKET_REFUSED,   /* the spool is full: nothing was kept */
	TICKET_SIFTED,    /* delivered, but for events that upstream refused */
};

#define TICKET_REFUSED_TOLD 20

struct ticket_box {
	_Atomic(struct ticket *) settled;
	int fd; /* readable (an eventfd) while the box may hold tickets */
	atomic_bool awake; /* its worker is about to look: do not ring */
};

struct ticket {
	struct ticket *next;
	struct ticket_box *box;
	struct instant deadline; /* ack_timeout after acceptance */
	enum ticket_wish wish;
	enum ticket_result result;
	uint32_t refused; /* events; of these the numbers, from 0, are here: */
	uint32_t refused_events[TICKET_REFUSED_TOLD];
};

bool ticket_box_init(struct ticket_box *box, struct err *err);
void ticket_box_fini(struct ticket_box *box);

/* Gives the ticket back to its worker: touch it no more. */
void ticket_settle(struct ticket *ticket, enum ticket_result result);

/* Empties the box and its eventfd; tickets hang on `next`, oldest first. */
struct ticket *ticket_box_take(struct ticket_box *box);

/* The same without the eventfd, for one who comes without having been rung. */
struct ticket *ticket_box_look(struct ticket_box *box);

#endif
