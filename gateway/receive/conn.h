/*
 * conn - a producer's connection: how long it may take, and how it ends.
 *
 * The HTTP library shows no byte before a request line is whole, so the first
 * byte of a head on a kept-alive connection is found by asking the kernel: now
 * and then, and only if anything happened on the worker's sockets since the
 * connection was last asked about.  Idle connections thus cost nothing.
 *
 *	HEAD --> BODY --> (ours) --> idle --+
 *	 ^                                  |
 *	 +------------- first byte ---------+
 *
 * Units	instants, bytes.
 * Ownership	conn_open gives; conn_close takes, but for one whose ticket is
 *		still out: that is freed when the ticket comes back.
 * Threads	its worker's.
 * Errors	no memory: NULL.
 */
#ifndef GATEWAY_RECEIVE_CONN_H
#define GATEWAY_RECEIVE_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/heap.h"
#include "gateway/receive/ingest.h"
#include "gateway/receive/timeouts.h"

struct MHD_Connection;
struct worker;

/* Rows of a list are in the order in which they came to it. */
struct conn_list {
	struct conn *first, *last;
};

struct conn {
	struct worker *worker;
	struct MHD_Connection *http;
	int fd;
	bool cut;     /* was answered past the library */
	bool linger;  /* was answered before it was read empty */
	bool hung_up; /* the client has closed its half; not yet told on */
	bool closed;
	bool primed;        /* the library knows that the body was read */
	struct span target; /* as read; valid until the head was fed */
	bool ticket_out;    /* the request's ticket is the other side's */
	struct timeouts patience;
	struct heap_entry deadline;
	struct conn_list *list; /* idle or waiting; NULL: in none */
	struct conn *prev, *next;
	struct instant idle_since;
	struct instant asked; /* when the kernel was, or idle_since */
	uint64_t seen_bytes;  /* what it said; 0: not asked yet */
	struct request request;
};

struct conn *conn_open(
    struct worker *worker, struct MHD_Connection *http, int fd);
void conn_close(struct conn *conn);

/* The request's ticket goes out, and comes back: then a closed one is gone. */
struct conn *conn_of_ticket(struct completion *ticket);
struct conn *conn_of_deadline(struct heap_entry *deadline);
void conn_gives_ticket(struct conn *conn);
void conn_takes_ticket(struct conn *conn);

/* Where it stands; each moves its deadline. */
void conn_begins_head(struct conn *conn);
void conn_begins_body(struct conn *conn);
void conn_is_ours(struct conn *conn);
void conn_is_held(struct conn *conn); /* ours, and looked at every turn */
void conn_waits(struct conn *conn);   /* ours, and suspended */
void conn_rests(struct conn *conn);

/* Answers past the library; the connection has no other use from then on. */
void conn_cut(struct conn *conn, enum outcome outcome);

/*
 * The client has closed its sending half.  The library, which waits for edges,
 * does not see that when it comes together with the last bytes, and would keep
 * the connection until some time is over.
 */
void conn_hangs_up(struct conn *conn);

/* Its deadline came up. */
void conn_is_due(struct conn *conn);

/* Has an idle connection of the worker's begun a head?  And when to ask. */
void conn_ask_idle(struct worker *worker);
struct instant conn_next_ask(const struct worker *worker);

#endif
