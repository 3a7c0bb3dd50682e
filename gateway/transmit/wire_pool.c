#include "gateway/transmit/wire_pool.h"

#include <assert.h>

#include <curl/curl.h>

#define CONNECTION_LIFE_NS (120 * NS_PER_S)

static void
join(struct wire_links *links, struct wire_link *link)
{
	link->prev = NULL;
	link->next = links->first;
	if (links->first != NULL)
		links->first->prev = link;
	links->first = link;
}

static void
leave(struct wire_links *links, struct wire_link *link)
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
wire_pool_return(struct wire_pool *pool, struct wire_link *link)
{
	link->fd = -1;
	if (link->state != WIRE_LINK_CLOSED)
		curl_multi_remove_handle(pool->multi, link->easy);
	link->state = WIRE_LINK_CLOSED;
	join(&pool->spare, link);
}

void
wire_pool_close(struct wire_pool *pool, struct wire_link *link)
{
	leave(&pool->resting, link);
	wire_pool_return(pool, link);
}

void
wire_pool_use(struct wire_pool *pool, struct wire_link *link)
{
	join(&pool->busy, link);
}

void
wire_pool_end(struct wire_pool *pool, struct wire_link *link, bool keep)
{
	leave(&pool->busy, link);
	link->kept = true;
	if (keep)
		join(&pool->resting, link);
	else
		wire_pool_return(pool, link);
}

static struct wire_link *
find_resting(struct wire_pool *pool, const char *url, struct instant now)
{
	struct wire_link *link, *next;

	for (link = pool->resting.first; link != NULL; link = next) {
		next = link->next;
		if (!wire_origin_is_of(&link->origin, url))
			continue;
		if (now.ns - link->born.ns >= CONNECTION_LIFE_NS) {
			wire_pool_close(pool, link);
			continue;
		}
		leave(&pool->resting, link);
		return link;
	}
	return NULL;
}

static struct wire_link *
find_spare(struct wire_pool *pool, const char *url)
{
	struct wire_link *link = pool->spare.first;

	while (link != NULL && !wire_origin_is_of(&link->origin, url))
		link = link->next;
	if (link == NULL)
		link = pool->spare.first;
	if (link != NULL)
		leave(&pool->spare, link);
	return link;
}

struct wire_link *
wire_pool_take(struct wire_pool *pool, const char *url, struct instant now,
    const struct wire_link_options *options)
{
	struct wire_link *link = find_resting(pool, url, now);

	if (link != NULL)
		return link;
	link = find_spare(pool, url);
	if (link == NULL)
		link = wire_link_new(options);
	if (link == NULL || wire_link_aim(link, url))
		return link;
	wire_pool_return(pool, link);
	return NULL;
}

void
wire_pool_fini(struct wire_pool *pool)
{
	struct wire_link *link;

	assert(pool->busy.first == NULL);
	while (pool->resting.first != NULL)
		wire_pool_close(pool, pool->resting.first);
	while ((link = pool->spare.first) != NULL) {
		leave(&pool->spare, link);
		wire_link_free(link);
	}
}
