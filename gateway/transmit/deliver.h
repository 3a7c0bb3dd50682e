/*
 * deliver - the upstream of upstream.h, over HTTP.
 *
 * One wire carries the calls, each of them at most one request, and the fetch
 * of a token when the credential wants one: that goes to another server, costs
 * nothing of the organization's budget and has a time of its own.  When a kept
 * connection dies under a call, that comes back as an answer, for to send it
 * again must be paid.  Redirects are answers too: our credential goes to the
 * configured host and nowhere else.
 *
 * Units	as in upstream.h.
 * Ownership	deliver_open gives, deliver_close takes and drops what is in
 *		flight; the options are borrowed until then.
 * Threads	the pump's, opening and closing too.  The program must ignore
 *		SIGPIPE: the TLS library writes to sockets that were closed.
 * Errors	a URL without its place for the table, an unreadable secret or
 *		CA file, no memory: false and a text.
 */
#ifndef GATEWAY_TRANSMIT_DELIVER_H
#define GATEWAY_TRANSMIT_DELIVER_H

#include <stdbool.h>

#include "gateway/transmit/upstream.h"
#include "parsers/err.h"

struct deliver;

bool deliver_open(struct deliver **out, const struct upstream_options *options,
    struct err *err);
struct upstream *deliver_upstream(struct deliver *deliver);
void deliver_close(struct deliver **deliver);

#endif
