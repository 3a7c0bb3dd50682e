/*
 * worker - one thread, one listening socket, one HTTP daemon of its own.
 *
 * The daemon has no thread inside: this loop polls, and whatever is ready is
 * served between two polls.  Tickets come back through a box whose eventfd is
 * part of the same poll, so a suspended request is resumed by its own worker,
 * in batches, and the library is never called from two threads.  A request that
 * waits for the disk alone is held rather than suspended: at the end of a turn
 * the worker itself commits what the turn brought, and the next one answers.
 *
 *	epoll { the library's epoll, ticket box, control, sockets' ends }
 *
 * The clock is read once a turn; everything below is given that instant.
 *
 * Units	instants, milliseconds since 1970.
 * Ownership	worker_open gives; worker_close takes.
 * Threads	open and close from receive.c's; the rest on its own.
 * Errors	false and a text.
 */
#ifndef GATEWAY_RECEIVE_WORKER_H
#define GATEWAY_RECEIVE_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/receive/conn.h"
#include "gateway/base/heap.h"
#include "gateway/receive/lingering_close.h"
#include "gateway/receive/http_reply.h"
#include "gateway/receive/receive_shared.h"
#include "parsers/gzip.h"

struct MHD_Daemon;

struct worker {
	struct receive_shared *service;
	struct registry_block *account;
	struct MHD_Daemon *http;
	pthread_t thread;
	bool running;
	int epoll;
	int control; /* an eventfd: look at the service's flags */
	struct completion_box box;
	struct instant now; /* of this turn */
	int64_t wall_ms;
	struct instant stirred;    /* when a socket was last ready */
	struct instant last_round; /* of asking idle connections */
	struct heap deadlines;
	struct lingering_close farewell;
	struct conn_list idle;
	struct conn_list held;    /* wait for the disk, in place */
	struct conn_list waiting; /* suspended */
	struct conn_list orphans; /* closed, but their ticket is out */
	struct http_reply_cache replies;
	struct gzip_reader *gzip;
	char *scratch;         /* max_body + 1 bytes: an inflated body */
	struct buffer letters; /* of the request at hand, on their way */
	uint64_t under_way;    /* requests that are not answered yet */
	uint64_t tickets_out;  /* of them, and of closed connections */
	bool again;            /* do not wait: something is to be answered */
	bool ring;             /* the spool, before we sleep */
	uint64_t puts;         /* records given to the spool */
	bool disk_is_slow;     /* nothing is held until it has answered */
	bool stopping;         /* no new connections */
	bool closing;          /* nothing may be suspended any more */
	struct worker *behind;
};

/* Takes `listen_fd`, in any case. */
bool worker_open(struct worker **out, struct receive_shared *service,
    int listen_fd, struct err *err);
bool worker_start(struct worker *worker, struct err *err);

/* To be called after a flag of the service changed. */
void worker_wake(struct worker *worker);
void worker_join(struct worker *worker);

/* Tells conn_hangs_up when the client has closed its sending half. */
bool worker_watch_end(struct worker *worker, struct conn *conn);
void worker_unwatch_end(struct worker *worker, struct conn *conn);
void worker_close(struct worker **worker);

#endif
