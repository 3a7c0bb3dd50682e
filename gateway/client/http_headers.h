/*
 * http_headers - what stands in the heads of many requests alike, ready to be
 * sent, with the secret in it.
 *
 * A credential lives for minutes, in which thousands of requests carry it: its
 * field is made once.  The requests under way share it, each for as long as it
 * needs it, so that a renewed credential does not pull the old one from under
 * them; the last one wipes it.
 *
 * Units	none.
 * Ownership	shared: every make and every hold wants a release.
 * Threads	one.
 * Errors	NULL: no memory.
 */
#ifndef GATEWAY_CLIENT_HTTP_HEADERS_H
#define GATEWAY_CLIENT_HTTP_HEADERS_H

#include <stdbool.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

struct http_headers {
	unsigned users;
	struct buffer lines; /* each with its CR LF */
	struct span secret;  /* in the Authorization; empty: there is none */
};

/* Of calls: JSON, packed or not, and the Authorization unless it is NULL. */
struct http_headers *http_headers_make(const char *authorization, bool gzip);
struct http_headers *http_headers_of_form(void);
struct http_headers *http_headers_hold(struct http_headers *fields);
void http_headers_release(struct http_headers *fields);

#endif
