/*
 * http_upstream - the upstream of upstream.h, over HTTP.
 *
 * One http_client carries the calls, each at most one request, and the fetch of
 * a token when the credential needs one.  The fetch goes to another server,
 * costs nothing of the organization's budget and has its own timeout.  When a
 * kept connection dies under a call, the pump gets that as an answer, because
 * sending again must be paid for.  Redirects are answers too: our credential
 * goes to the configured host and nowhere else.
 *
 * Threads	the pump's, also to open and close.  The program must ignore
 *		SIGPIPE: the TLS library writes to sockets that were closed.
 * Errors	a URL without {table}, an unreadable secret or CA file, no
 *		memory: false and a text.
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
