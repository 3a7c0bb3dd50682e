/*
 * http_headers - header lines that many requests have in common, ready to be
 * sent, with the secret in them.
 *
 * A credential lives for minutes, in which thousands of requests carry it: its
 * header is printed once.  The requests in flight share it by a count of users,
 * so that a renewed credential does not free the old one under them.  The last
 * release overwrites the secret.
 *
 * Ownership	shared: every make and every hold needs a release.
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

/* For calls: JSON, with gzip or not, and Authorization unless it is NULL. */
struct http_headers *http_headers_make(const char *authorization, bool gzip);
struct http_headers *http_headers_of_form(void);
struct http_headers *http_headers_hold(struct http_headers *headers);
void http_headers_release(struct http_headers *headers);

#endif
