/*
 * conn_pool - the connections there are: in use, at rest, and closed.
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
#ifndef GATEWAY_CLIENT_CONN_POOL_H
#define GATEWAY_CLIENT_CONN_POOL_H

#include "gateway/client/http_conn.h"

struct wire_links {
	struct http_conn *first;
};

struct conn_pool {
	void *multi; /* CURLM: what is closed is taken from it */
	struct wire_links busy, resting, spare;
};

/* At rest if there is one, else closed; it is in no list then. */
struct http_conn *conn_pool_take(struct conn_pool *pool, const char *url,
    struct instant now, const struct http_conn_options *options);
void conn_pool_use(struct conn_pool *pool, struct http_conn *link);

/* A busy one has done what it was to do. */
void conn_pool_end(struct conn_pool *pool, struct http_conn *link, bool keep);

/* One that rests; and one that was taken and is not used after all. */
void conn_pool_close(struct conn_pool *pool, struct http_conn *link);
void conn_pool_return(struct conn_pool *pool, struct http_conn *link);

void conn_pool_fini(struct conn_pool *pool); /* none may be busy */

#endif
