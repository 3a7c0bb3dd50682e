/*
 * http_post - one POST request, and what became of it.
 *
 * The caller fills in the first part and hands it to http_client_start; the
 * connection that carries it fills in the second.
 *
 * Units	bytes, milliseconds.
 * Ownership	the caller's.  It and its body stay where they are from
 *		http_client_start to http_client_take; the URL is not needed
 *		after http_client_start.
 * Errors	`why` is a constant text that begins with a word for the kind of
 *		trouble: dns, connect, tls, timeout, reset, garbage, memory.
 */
#ifndef GATEWAY_CLIENT_HTTP_POST_H
#define GATEWAY_CLIENT_HTTP_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/client/http_headers.h"
#include "gateway/client/upstream_response.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

struct http_conn;

struct http_post {
	/* What is sent; set before http_client_start. */
	const char *url;
	struct span body;
	struct http_headers *headers; /* NULL: the body is a form */
	uint64_t timeout_ms;          /* for all of it, connecting included */
	struct buffer *whole; /* keeps the response's body, up to the buffer's
				 maximum; NULL: its beginning is enough */

	/* What became of it. */
	struct upstream_response response;
	bool sent;       /* a byte of the request may have left */
	const char *why; /* there is no whole response; else NULL */

	/* Private to http_client and http_conn. */
	struct http_conn *conn; /* NULL: not in flight */
	struct instant deadline;
	struct http_post *next; /* among those that have ended */
};

#endif
