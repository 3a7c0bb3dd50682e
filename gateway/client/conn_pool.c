#include "gateway/client/conn_pool.h"

#include <assert.h>

#include <curl/curl.h>

#define CONNECTION_LIFE_NS (120 * NS_PER_S)

/* fd is reset first: what we close ourselves is not reported as lost. */
void
conn_pool_add_closed(struct conn_pool *pool, struct http_conn *conn)
{
	conn->fd = -1;
	if (conn->state != HTTP_CONN_CLOSED)
		curl_multi_remove_handle(pool->multi, conn->easy);
	conn->state = HTTP_CONN_CLOSED;
	list_push_front(&pool->closed, &conn->pooled);
}

void
conn_pool_close_idle(struct conn_pool *pool, struct http_conn *conn)
{
	list_remove(&conn->pooled);
	conn_pool_add_closed(pool, conn);
}

void
conn_pool_add_busy(struct conn_pool *pool, struct http_conn *conn)
{
	list_push_front(&pool->busy, &conn->pooled);
}

void
conn_pool_release(struct conn_pool *pool, struct http_conn *conn, bool keep)
{
	list_remove(&conn->pooled);
	conn->reused = true;
	if (keep)
		list_push_front(&pool->idle, &conn->pooled);
	else
		conn_pool_add_closed(pool, conn);
}

static struct http_conn *
find_idle(struct conn_pool *pool, const char *url, struct instant now)
{
	struct list_node *node, *next = pool->idle.first;
	struct http_conn *conn;

	while ((node = next) != NULL) {
		next = node->next;
		conn = conn_pool_conn(node);
		if (!origin_is_of(&conn->origin, url))
			continue;
		if (now.ns - conn->connected_at.ns >= CONNECTION_LIFE_NS) {
			conn_pool_close_idle(pool, conn);
			continue;
		}
		list_remove(node);
		return conn;
	}
	return NULL;
}

/* One that was connected to the same server, else any. */
static struct http_conn *
find_closed(struct conn_pool *pool, const char *url)
{
	struct list_node *node = pool->closed.first;

	while (
	    node != NULL && !origin_is_of(&conn_pool_conn(node)->origin, url))
		node = node->next;
	if (node == NULL)
		node = pool->closed.first;
	if (node != NULL)
		list_remove(node);
	return conn_pool_conn(node);
}

struct http_conn *
conn_pool_take(struct conn_pool *pool, const char *url, struct instant now,
    const struct http_conn_options *options)
{
	struct http_conn *conn = find_idle(pool, url, now);

	if (conn != NULL)
		return conn;
	conn = find_closed(pool, url);
	if (conn == NULL)
		conn = http_conn_new(options);
	if (conn == NULL || http_conn_set_origin(conn, url))
		return conn;
	conn_pool_add_closed(pool, conn);
	return NULL;
}

void
conn_pool_fini(struct conn_pool *pool)
{
	struct list_node *node;

	assert(pool->busy.first == NULL);
	while ((node = pool->idle.first) != NULL)
		conn_pool_close_idle(pool, conn_pool_conn(node));
	while ((node = list_pop(&pool->closed)) != NULL)
		http_conn_free(conn_pool_conn(node));
}
