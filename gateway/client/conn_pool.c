#include "gateway/client/conn_pool.h"

#include <assert.h>

#include <curl/curl.h>

#define CONNECTION_LIFE_NS (120 * NS_PER_S)

static void
join(struct wire_links *links, struct http_conn *link)
{
	link->prev = NULL;
	link->next = links->first;
	if (links->first != NULL)
		links->first->prev = link;
	links->first = link;
}

static void
leave(struct wire_links *links, struct http_conn *link)
{
	if (link->prev != NULL)
		link->prev->next = link->next;
	else
		links->first = link->next;
	if (link->next != NULL)
		link->next->prev = link->prev;
	link->prev = link->next = NULL;
}

/* Its fd goes first: what we close is not lost. */
void
conn_pool_return(struct conn_pool *pool, struct http_conn *link)
{
	link->fd = -1;
	if (link->state != HTTP_CONN_CLOSED)
		curl_multi_remove_handle(pool->multi, link->easy);
	link->state = HTTP_CONN_CLOSED;
	join(&pool->spare, link);
}

void
conn_pool_close(struct conn_pool *pool, struct http_conn *link)
{
	leave(&pool->resting, link);
	conn_pool_return(pool, link);
}

void
conn_pool_use(struct conn_pool *pool, struct http_conn *link)
{
	join(&pool->busy, link);
}

void
conn_pool_end(struct conn_pool *pool, struct http_conn *link, bool keep)
{
	leave(&pool->busy, link);
	link->kept = true;
	if (keep)
		join(&pool->resting, link);
	else
		conn_pool_return(pool, link);
}

static struct http_conn *
find_resting(struct conn_pool *pool, const char *url, struct instant now)
{
	struct http_conn *link, *next;

	for (link = pool->resting.first; link != NULL; link = next) {
		next = link->next;
		if (!origin_is_of(&link->origin, url))
			continue;
		if (now.ns - link->born.ns >= CONNECTION_LIFE_NS) {
			conn_pool_close(pool, link);
			continue;
		}
		leave(&pool->resting, link);
		return link;
	}
	return NULL;
}

static struct http_conn *
find_spare(struct conn_pool *pool, const char *url)
{
	struct http_conn *link = pool->spare.first;

	while (link != NULL && !origin_is_of(&link->origin, url))
		link = link->next;
	if (link == NULL)
		link = pool->spare.first;
	if (link != NULL)
		leave(&pool->spare, link);
	return link;
}

struct http_conn *
conn_pool_take(struct conn_pool *pool, const char *url, struct instant now,
    const struct http_conn_options *options)
{
	struct http_conn *link = find_resting(pool, url, now);

	if (link != NULL)
		return link;
	link = find_spare(pool, url);
	if (link == NULL)
		link = http_conn_new(options);
	if (link == NULL || http_conn_aim(link, url))
		return link;
	conn_pool_return(pool, link);
	return NULL;
}

void
conn_pool_fini(struct conn_pool *pool)
{
	struct http_conn *link;

	assert(pool->busy.first == NULL);
	while (pool->resting.first != NULL)
		conn_pool_close(pool, pool->resting.first);
	while ((link = pool->spare.first) != NULL) {
		leave(&pool->spare, link);
		http_conn_free(link);
	}
}
