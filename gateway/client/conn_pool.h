/*
 * conn_pool - the connections there are: busy, idle and closed.
 *
 * The one used last is used first, so that few stay open and the others end by
 * themselves.  None is used again two minutes after it was made, so that a name
 * that moved is followed.  A closed one is connected again for the same server,
 * because its libcurl handle remembers the TLS session.
 *
 *	take --> busy --release--> idle --take--> ...
 *	            |                |
 *	            +-----close------+---> closed --take--> (to be connected) ...
 *
 * Ownership	the pool owns all connections, also the busy ones.
 */
#ifndef GATEWAY_CLIENT_CONN_POOL_H
#define GATEWAY_CLIENT_CONN_POOL_H

#include "gateway/base/list.h"
#include "gateway/client/http_conn.h"

struct conn_pool {
	void *multi; /* CURLM: a connection that closes leaves it */
	struct list busy, idle, closed; /* of http_conn.pooled */
};

/* NULL: after the last one. */
static inline struct http_conn *
conn_pool_conn(struct list_node *node)
{
	return node != NULL ? LIST_OWNER(node, struct http_conn, pooled) : NULL;
}

/*
 * An idle one if there is one, else one that is closed; it is in no list then.
 * NULL: no memory, or the URL is none.
 */
struct http_conn *conn_pool_take(struct conn_pool *pool, const char *url,
    struct instant now, const struct http_conn_options *options);

/* What was taken carries a request now; or it does not, and is closed. */
void conn_pool_add_busy(struct conn_pool *pool, struct http_conn *conn);
void conn_pool_add_closed(struct conn_pool *pool, struct http_conn *conn);

/* The request of a busy one has ended; `keep`: it becomes idle. */
void conn_pool_release(
    struct conn_pool *pool, struct http_conn *conn, bool keep);

void conn_pool_close_idle(struct conn_pool *pool, struct http_conn *conn);

void conn_pool_fini(struct conn_pool *pool); /* none may be busy */

#endif
