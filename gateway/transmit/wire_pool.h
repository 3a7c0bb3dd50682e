/*
 * wire_pool - the connections there are: in use, at rest, and closed.
 *
 * The one used last is used first, so that few are kept warm and the others
 * end by themselves.  None is used again after two minutes: a name that has
 * moved is followed.  A closed one is used again for the same server, because
 * its handle remembers the TLS session.
 *
 *	take --> busy --end--> resting --take--> ...
 *	            |              |
 *	            +----close-----+---> spare --take--> (to be connected) ...
 *
 * Units	none.
 * Ownership	of all connections, also while they are busy.
 * Threads	one.
 * Errors	NULL: no memory, or a URL that is none.
 */
#ifndef GATEWAY_TRANSMIT_WIRE_POOL_H
#define GATEWAY_TRANSMIT_WIRE_POOL_H

#include "gateway/transmit/wire_link.h"

struct wire_links {
	struct wire_link *first;
};

struct wire_pool {
	void *multi; /* CURLM: what is closed is taken from it */
	struct wire_links busy, resting, spare;
};

/* At rest if there is one, else closed; it is in no list then. */
struct wire_link *wire_pool_take(struct wire_pool *pool, const char *url,
    struct instant now, const struct wire_link_options *options);
void wire_pool_use(struct wire_pool *pool, struct wire_link *link);

/* A busy one has done what it was to do. */
void wire_pool_end(struct wire_pool *pool, struct wire_link *link, bool keep);

/* One that rests; and one that was taken and is not used after all. */
void wire_pool_close(struct wire_pool *pool, struct wire_link *link);
void wire_pool_return(struct wire_pool *pool, struct wire_link *link);

void wire_pool_fini(struct wire_pool *pool); /* none may be busy */

#endif
