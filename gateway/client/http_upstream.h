/*
 * http_upstream - the upstream of upstream.h, over HTTP.
 *
 * One wire carries the calls, each of them at most one request, and the fetch
 * of a token when the credential wants one: that goes to another server, costs
 * nothing of the organization's budget and has a time of its own.  When a kept
 * connection dies under a call, that comes back as an answer, for to send it
 * again must be paid.  Redirects are answers too: our credential goes to the
 * configured host and nowhere else.
 *
 * Units	as in upstream.h.
 * Ownership	http_upstream_open gives, http_upstream_close takes and drops what is in
 *		flight; the options are borrowed until then.
 * Threads	the pump's, opening and closing too.  The program must ignore
 *		SIGPIPE: the TLS library writes to sockets that were closed.
 * Errors	a URL without its place for the table, an unreadable secret or
 *		CA file, no memory: false and a text.
 */
#ifndef GATEWAY_CLIENT_HTTP_UPSTREAM_H
#define GATEWAY_CLIENT_HTTP_UPSTREAM_H

#include <stdbool.h>

#include "auth/upstream/credential.h"
#include "gateway/scheduler/upstream.h"
#include "parsers/err.h"

enum http_compression { HTTP_COMPRESSION_NONE, HTTP_COMPRESSION_GZIP };

struct http_upstream_options {
	char *url; /* with {table} where the table's id goes */
	struct credential_options credentials;
	uint64_t max_in_flight;
	uint64_t connect_timeout_ms;
	uint64_t timeout_ms;
	enum http_compression compression;
	char *ca_file; /* NULL: the system's */
};

/*
 * Gives an upstream whose close() frees it; the options are borrowed until
 * then.
 */
bool http_upstream_open(struct upstream **out,
    const struct http_upstream_options *options, struct err *err);

#endif
