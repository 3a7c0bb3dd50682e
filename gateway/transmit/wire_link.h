/*
 * wire_link - one connection to the upstream, and the request on it.
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
 * Errors	in the post's `why`: see wire.h.
 * Source	RFC 9112 sections 3, 6 and 9.
 */
#ifndef GATEWAY_TRANSMIT_WIRE_LINK_H
#define GATEWAY_TRANSMIT_WIRE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/clock.h"
#include "gateway/transmit/watch.h"
#include "gateway/transmit/wire.h"
#include "gateway/transmit/wire_origin.h"
#include "parsers/response.h"

enum wire_link_state {
	WIRE_LINK_CLOSED,
	WIRE_LINK_CONNECTING,
	WIRE_LINK_SENDING,
	WIRE_LINK_READING,
	WIRE_LINK_RESTING,
};

struct wire_link_options {
	long connect_timeout_ms;
	const char *ca_file;
	struct watch *watch;

	/* libcurl has closed what was connected: its fd is -1 now */
	void (*lost)(void *arg);
	void *arg;
};

struct wire_link {
	const struct wire_link_options *options;
	void *easy; /* CURL */
	enum wire_link_state state;
	int fd; /* -1: not connected */
	struct instant born;
	bool kept;  /* not its first request */
	bool keeps; /* the answer left it fit for another one */

	struct wire_origin origin; /* what it is, or was, connected to */

	struct wire_post *post;
	struct buffer out; /* the head, and how the body begins */
	size_t head;       /* of that; */
	size_t sent;       /* of head and body */
	struct response response;

	struct wire_link *prev, *next; /* wire's */
};

/* NULL: no memory. */
struct wire_link *wire_link_new(const struct wire_link_options *options);
void wire_link_free(struct wire_link *link);

/* Of a closed one.  False: no memory, or the URL is none. */
bool wire_link_aim(struct wire_link *link, const char *url);

void wire_link_connected(struct wire_link *link, struct instant now);

/* What is to be sent, before or after it is connected.  False: no memory. */
bool wire_link_load(struct wire_link *link, struct wire_post *post,
    const struct wire_fields *fields);

/*
 * The request begins on a connection; and what the socket allows goes on.
 * True: it has ended, and `why` is set.
 */
bool wire_link_begin(struct wire_link *link);
bool wire_link_turn(struct wire_link *link, uint32_t events);

/* Ends the request: why, unless an answer had come. */
void wire_link_end(struct wire_link *link, const char *why);

/* After the end: may it carry another one? */
bool wire_link_keeps(const struct wire_link *link);

/* It rests, and something happened: false, it is of no use any more. */
bool wire_link_still_rests(struct wire_link *link);

#endif
