/*
 * http_client - POST requests under way, each sent at most once; with wire_link and
 * transport_error the one door to libcurl.
 *
 * When a kept connection dies under a request, that is a failure like others:
 * to send it again is the pump's decision, which pays for it.  No redirect is
 * followed, no answer without end is taken, no 2xx is believed that came before
 * all was sent, and nobody waits for a 100.
 *
 *	http_client_start ----> under way ----> http_client_run ----> http_client_take
 *
 * Connections (wire_link) are kept while the server keeps them, the one that
 * was used last is used first, and none lives for longer than two minutes, so
 * that a name which has moved is followed.
 *
 * Units	milliseconds, bytes.
 * Ownership	http_client_open gives, http_client_close takes; posts are the caller's, and
 *		stay where they are with their bodies from http_client_start to
 *		http_client_take; the URL is not needed any more after http_client_start.
 * Threads	one.  The program must ignore SIGPIPE.
 * Errors	to start: false, nothing was begun.  Later: a constant text in
 *		the post that begins with a word for the kind of trouble (dns,
 *		connect, tls, timeout, reset, garbage).
 */
#ifndef GATEWAY_CLIENT_HTTP_CLIENT_H
#define GATEWAY_CLIENT_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/client/upstream_response.h"
#include "gateway/client/http_headers.h"
#include "parsers/err.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

struct http_client;

struct http_client_post {
	/* What is sent; set before http_client_start. */
	const char *url;
	struct span body;
	struct http_headers *fields; /* NULL: the body is a form */
	uint64_t timeout_ms;         /* for all of it, connecting included */
	struct buffer *whole; /* NULL: how the body begins will do; else it is
				 kept here up to the buffer's maximum */

	/* What became of it. */
	struct upstream_response reply;
	bool sent;       /* a byte of the request may have left */
	const char *why; /* there is no whole reply; else NULL */

	/* private to wire */
	struct http_conn *link; /* NULL: not under way */
	struct instant deadline;
	struct http_client_post *next; /* among those that have ended */
};

/* `most` posts are under way at any time; ca_file NULL: the system's. */
bool http_client_open(struct http_client **out, size_t most,
    uint64_t connect_timeout_ms, const char *ca_file, struct err *err);
void http_client_close(struct http_client **wire);

bool http_client_start(struct http_client *wire, struct http_client_post *post);
void http_client_drop(
    struct http_client *wire, struct http_client_post *post); /* if under way */

/* Does what can be done without blocking. */
void http_client_run(struct http_client *wire);
struct http_client_post *http_client_take(
    struct http_client *wire); /* NULL: none has ended */

/* Blocks until http_client_run has work, a descriptor is readable, or ms are over. */
#define HTTP_CLIENT_FDS_MAX 8
void http_client_wait(
    struct http_client *wire, const int *fds, size_t count, int ms);

#endif
