/*
 * http_conn - one connection to the upstream, and the request on it.
 *
 * libcurl makes the connection (names, addresses, proxies, TLS and its
 * certificates) and passes bytes; we write the request and read the response.
 * With libcurl's own HTTP a call costs 40 us more, half of what a request of 60
 * events costs in all: it prints each head anew, field by field, and asks the
 * kernel twice whether the connection still lives.
 *
 *	CLOSED --set_origin, set_request, libcurl--> CONNECTING --connected-->
 *	SENDING --> READING --> IDLE --set_request, start--> SENDING ...
 *
 * The head and as much of the body as fits leave in one piece, so that a small
 * request is one segment and one TLS record.  The rest is sent from where it
 * lies.
 *
 * A server may answer before it has read the whole request.  If it refuses, the
 * refusal counts and nothing more is sent.  If it says 2xx, that does not
 * count: it cannot have taken what was not sent.
 *
 * Ownership	http_conn_new gives, http_conn_free takes; a post is borrowed
 *		from http_conn_set_request to http_conn_end.
 * Errors	in the post's `why`: see http_post.h.
 * Source	RFC 9112 sections 3, 6 and 9.
 */
#ifndef GATEWAY_CLIENT_HTTP_CONN_H
#define GATEWAY_CLIENT_HTTP_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/base/list.h"
#include "gateway/client/epoll_set.h"
#include "gateway/client/http_post.h"
#include "gateway/client/origin.h"
#include "parsers/http/response.h"

enum http_conn_state {
	HTTP_CONN_CLOSED,
	HTTP_CONN_CONNECTING,
	HTTP_CONN_SENDING,
	HTTP_CONN_READING,
	HTTP_CONN_IDLE,
};

struct http_conn_options {
	long connect_timeout_ms;
	const char *ca_file;
	struct epoll_set *sockets;

	/* Called when libcurl has closed a connection: fd is -1 now. */
	void (*lost)(void *arg);
	void *arg;
};

struct http_conn {
	const struct http_conn_options *options;
	void *easy; /* CURL */
	enum http_conn_state state;
	int fd; /* -1: not connected */
	struct instant connected_at;
	bool reused;   /* not its first request */
	bool reusable; /* the response allows another request on it */

	struct origin origin; /* also of one that is closed */

	struct http_post *post;
	struct buffer out; /* the head, and the beginning of the body */
	size_t head;       /* bytes of `out` that are the head */
	size_t sent;       /* bytes of head and body */
	struct http_response response;

	struct list_node pooled; /* conn_pool.h */
};

/* NULL: no memory. */
struct http_conn *http_conn_new(const struct http_conn_options *options);
void http_conn_free(struct http_conn *conn);

/* Of a closed connection.  False: no memory, or the URL is none. */
bool http_conn_set_origin(struct http_conn *conn, const char *url);

void http_conn_connected(struct http_conn *conn, struct instant now);

/* Before or after it is connected.  False: no memory. */
bool http_conn_set_request(struct http_conn *conn, struct http_post *post,
    const struct http_headers *headers);

/*
 * http_conn_start begins to send on a connected one; http_conn_on_events goes
 * on.  True: the request has ended, and `why` is set.
 */
bool http_conn_start(struct http_conn *conn);
bool http_conn_on_events(struct http_conn *conn, uint32_t events);

/* Ends the request, with `why` unless a response had come. */
void http_conn_end(struct http_conn *conn, const char *why);

/* After the end: may it carry another request? */
bool http_conn_reusable(const struct http_conn *conn);

/* There was an event on an idle one.  False: it cannot be used any more. */
bool http_conn_still_idle(struct http_conn *conn);

#endif
