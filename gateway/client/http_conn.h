/*
 * http_conn - one connection to the upstream, and the request on it.
 *
 * libcurl makes the connection (names, addresses, proxies, TLS and its
 * certificates), and passes bytes; the request is written and the response
 * read here.  With libcurl's own HTTP a call cost 40 us more, half of what a
 * request of 60 events costs in all: it prints each head anew, field by field,
 * and asks the kernel twice whether the connection still lives.
 *
 *	CLOSED --aim, load, libcurl--> CONNECTING --connected--> SENDING -->
 *	READING --> RESTING --load, begin--> SENDING ...
 *
 * The head and what fits of the body leave in one piece, so that a small
 * request is one segment and one TLS record; the rest goes from where it lies.
 *
 * A server may answer before it has read all.  Its refusal then counts, and
 * nothing more is sent; its 2xx does not, for nobody can have taken what did
 * not leave.
 *
 * Units	bytes.
 * Ownership	new gives, free takes; a post is its owner's.
 * Threads	one.
 * Errors	in the post's `why`: see http_client.h.
 * Source	RFC 9112 sections 3, 6 and 9.
 */
#ifndef GATEWAY_CLIENT_HTTP_CONN_H
#define GATEWAY_CLIENT_HTTP_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/client/epoll_set.h"
#include "gateway/client/http_client.h"
#include "gateway/client/origin.h"
#include "parsers/http/response.h"

enum http_conn_state {
	HTTP_CONN_CLOSED,
	HTTP_CONN_CONNECTING,
	HTTP_CONN_SENDING,
	HTTP_CONN_READING,
	HTTP_CONN_RESTING,
};

struct http_conn_options {
	long connect_timeout_ms;
	const char *ca_file;
	struct epoll_set *watch;

	/* libcurl has closed what was connected: its fd is -1 now */
	void (*lost)(void *arg);
	void *arg;
};

struct http_conn {
	const struct http_conn_options *options;
	void *easy; /* CURL */
	enum http_conn_state state;
	int fd; /* -1: not connected */
	struct instant born;
	bool kept;  /* not its first request */
	bool keeps; /* the answer left it fit for another one */

	struct origin origin; /* what it is, or was, connected to */

	struct http_client_post *post;
	struct buffer out; /* the head, and how the body begins */
	size_t head;       /* of that; */
	size_t sent;       /* of head and body */
	struct http_response response;

	struct http_conn *prev, *next; /* wire's */
};

/* NULL: no memory. */
struct http_conn *http_conn_new(const struct http_conn_options *options);
void http_conn_free(struct http_conn *link);

/* Of a closed one.  False: no memory, or the URL is none. */
bool http_conn_aim(struct http_conn *link, const char *url);

void http_conn_connected(struct http_conn *link, struct instant now);

/* What is to be sent, before or after it is connected.  False: no memory. */
bool http_conn_load(struct http_conn *link, struct http_client_post *post,
    const struct http_headers *fields);

/*
 * The request begins on a connection; and what the socket allows goes on.
 * True: it has ended, and `why` is set.
 */
bool http_conn_begin(struct http_conn *link);
bool http_conn_turn(struct http_conn *link, uint32_t events);

/* Ends the request: why, unless an answer had come. */
void http_conn_end(struct http_conn *link, const char *why);

/* After the end: may it carry another one? */
bool http_conn_keeps(const struct http_conn *link);

/* It rests, and something happened: false, it is of no use any more. */
bool http_conn_still_rests(struct http_conn *link);

#endif
