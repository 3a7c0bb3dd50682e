/*
 * wire - POST requests under way, each sent at most once; with wire_link and
 * wire_failure the one door to libcurl.
 *
 * When a kept connection dies under a request, that is a failure like others:
 * to send it again is the pump's decision, which pays for it.  No redirect is
 * followed, no answer without end is taken, no 2xx is believed that came before
 * all was sent, and nobody waits for a 100.
 *
 *	wire_start ----> under way ----> wire_run ----> wire_take
 *
 * Connections (wire_link) are kept while the server keeps them, the one that
 * was used last is used first, and none lives for longer than two minutes, so
 * that a name which has moved is followed.
 *
 * Units	milliseconds, bytes.
 * Ownership	wire_open gives, wire_close takes; posts are the caller's, and
 *		stay where they are with their bodies from wire_start to
 *		wire_take; the URL is not needed any more after wire_start.
 * Threads	one.  The program must ignore SIGPIPE.
 * Errors	to start: false, nothing was begun.  Later: a constant text in
 *		the post that begins with a word for the kind of trouble (dns,
 *		connect, tls, timeout, reset, garbage).
 */
#ifndef GATEWAY_TRANSMIT_WIRE_H
#define GATEWAY_TRANSMIT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/clock.h"
#include "gateway/transmit/reply.h"
#include "gateway/transmit/wire_fields.h"
#include "parsers/err.h"
#include "parsers/text.h"

struct wire;

struct wire_post {
	/* What is sent; set before wire_start. */
	const char *url;
	struct span body;
	struct wire_fields *fields; /* NULL: the body is a form */
	uint64_t timeout_ms;        /* for all of it, connecting included */
	struct buffer *whole; /* NULL: how the body begins will do; else it is
				 kept here up to the buffer's maximum */

	/* What became of it. */
	struct reply reply;
	bool sent;       /* a byte of the request may have left */
	const char *why; /* there is no whole reply; else NULL */

	/* private to wire */
	struct wire_link *link; /* NULL: not under way */
	struct instant deadline;
	struct wire_post *next; /* among those that have ended */
};

/* `most` posts are under way at any time; ca_file NULL: the system's. */
bool wire_open(struct wire **out, size_t most, uint64_t connect_timeout_ms,
    const char *ca_file, struct err *err);
void wire_close(struct wire **wire);

bool wire_start(struct wire *wire, struct wire_post *post);
void wire_drop(struct wire *wire, struct wire_post *post); /* if under way */

/* Does what can be done without blocking. */
void wire_run(struct wire *wire);
struct wire_post *wire_take(struct wire *wire); /* NULL: none has ended */

/* Blocks until wire_run has work, a descriptor is readable, or ms are over. */
#define WIRE_FDS_MAX 8
void wire_wait(struct wire *wire, const int *fds, size_t count, int ms);

#endif
