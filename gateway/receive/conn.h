/*
 * conn - a producer's connection and its request: where it stands, and how
 * long it may stay there.
 *
 *	HEAD --> BODY --> processing --> idle --+
 *	 ^                (held or              |
 *	 |                 suspended)           |
 *	 +------------- first byte -------------+
 *
 * The HTTP library shows no byte before a request line is whole.  So that the
 * time for a head begins with its first byte, idle connections are probed: the
 * kernel is asked whether bytes have come.  That is done in batches, and only
 * after some event on the worker's sockets, so idle connections cost nothing.
 *
 * Ownership	conn_open gives, conn_close takes.  A connection whose
 *		completion is pending is freed when that comes back.
 */
#ifndef GATEWAY_RECEIVE_CONN_H
#define GATEWAY_RECEIVE_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/heap.h"
#include "gateway/base/list.h"
#include "gateway/metrics/label_table.h"
#include "gateway/model/completion.h"
#include "gateway/model/outcome.h"
#include "gateway/model/record.h"
#include "gateway/receive/request_state.h"
#include "gateway/receive/route.h"
#include "gateway/receive/timeouts.h"
#include "gateway/receive/worker.h"
#include "parsers/http/request.h"
#include "parsers/json/event.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

struct MHD_Connection;

struct request {
	enum request_state state;
	enum outcome outcome;
	const char *message; /* more exact than the outcome's; or NULL */
	struct buffer detail;
	char own_message[80]; /* `message` may point here */
	struct route route;
	struct http_request head; /* its spans are valid in ingest_head alone */
	enum acknowledge level;
	bool gzipped;
	bool close;          /* the connection, after the answer */
	struct table *table; /* a reference, until the record has it */
	struct record *record;
	uint64_t reserved; /* of listen.memory_bytes */
	char producer[LABEL_MAX + 1];
	size_t producer_len;        /* 0: not named */
	struct instant received_at; /* when its last byte had come */
	uint32_t events, bytes;     /* given to the spool */
	bool counted;
	bool skips; /* invalid events, and keeps the others */
	uint32_t accepted, rejected;
	uint32_t faults[EVENT_FAULT_COUNT];       /* of those rejected */
	uint32_t table_label;                     /* of them: see table.h */
	struct deadletter_store_ref dead_letters; /* of its skipped events */
	struct completion completion;
	bool gaps; /* other lines stood between its good ones */
};

struct conn {
	struct worker *worker;
	struct MHD_Connection *http;
	int fd;
	bool discarding;  /* was answered past the library: see ingest_reject */
	bool linger;      /* was answered before it was read empty */
	bool peer_closed; /* has sent its last byte; not yet passed on */
	bool close_passed_on;
	bool closed;
	bool read_complete; /* the library knows that the body was read */
	bool completion_pending;
	struct span target; /* as it came; valid until the head was read */
	struct timeouts timeouts;
	struct heap_entry deadline;
	struct list_node node; /* in one of the worker's lists, or in none */
	struct instant idle_since;
	struct instant probed; /* when last; or idle_since */
	uint64_t seen_bytes;   /* by the last probe; 0: not probed yet */
	struct request request;
};

/* NULL: no memory. */
struct conn *conn_open(
    struct worker *worker, struct MHD_Connection *http, int fd);
void conn_close(struct conn *conn);

/* Lend: to the spool.  Return: a closed connection is freed by this. */
void conn_lend_completion(struct conn *conn);
void conn_return_completion(struct conn *conn);
struct conn *conn_of_completion(struct completion *completion);
struct conn *conn_of_deadline(struct heap_entry *deadline);
struct conn *conn_of_node(struct list_node *node);

/* Where it stands; each sets its deadline. */
void conn_start_head(struct conn *conn);
void conn_start_body(struct conn *conn);
void conn_processing(struct conn *conn); /* no deadline: we are at work */
void conn_hold(struct conn *conn);       /* the same, looked at each cycle */
void conn_suspend(struct conn *conn);
void conn_resume(struct conn *conn); /* no matter whether it is suspended */
void conn_idle(struct conn *conn);

/* Shuts the sending half; what still comes is read for a moment. */
void conn_discard(struct conn *conn);

/* Lets the worker's epoll tell that the peer has closed; then: peer_closed. */
bool conn_watch(struct conn *conn);
void conn_unwatch(struct conn *conn);

/*
 * The client has closed its sending half.  The library, which waits for edges,
 * does not notice that when it comes together with the last bytes, and would
 * keep the connection until some timeout.
 */
void conn_peer_closed(struct conn *conn);

/*
 * To be called when its deadline came up.  True: its time is over, and the
 * caller must reject the request.
 */
bool conn_timed_out(struct conn *conn);

/* Have idle connections of the worker begun a head?  And when to probe next. */
void conn_probe_idle(struct worker *worker);
struct instant conn_next_probe(const struct worker *worker);

#endif
