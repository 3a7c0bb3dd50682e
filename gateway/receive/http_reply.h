/*
 * http_reply - an outcome becomes an HTTP answer.
 *
 * Success is the same bytes for everybody: one ready answer per level and
 * worker, renewed at most ten times a second, when the numbers in RateLimit-*
 * have moved.  So a 200 costs no allocation of ours.  Refusals are built one
 * by one.  An answer that the library would not take any more (a body's
 * middle, a late head) is written to the socket past it.
 *
 * Units	bytes.
 * Ownership	http_reply_cache_fini releases; in-flight answers live on by
 *		themselves.
 * Threads	one worker's.
 * Errors	false: no memory; the connection is to be closed.
 */
#ifndef GATEWAY_RECEIVE_HTTP_REPLY_H
#define GATEWAY_RECEIVE_HTTP_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/model/budget.h"
#include "gateway/base/clock.h"
#include "gateway/model/outcome.h"
#include "gateway/receive/receive.h"
#include "parsers/text.h"

#define HTTP_REPLY_LEVELS 3 /* of enum acknowledge */

struct MHD_Connection;
struct MHD_Response;
struct spool;

struct http_reply_cache {
	struct instant made;
	struct budget_view view;
	struct MHD_Response *kept[HTTP_REPLY_LEVELS];
};

struct http_reply {
	enum outcome outcome;
	enum acknowledge level; /* of a KEPT */
	const char *message;    /* NULL: the outcome's own */
	struct span detail;     /* JSON members after the message, or empty */
	bool counts;            /* a KEPT says how many events were kept, */
	uint32_t accepted;      /* and how many were skipped: `detail` */
	uint32_t rejected;
	bool close;
};

const char *http_reply_level_name(enum acknowledge level);

void http_reply_cache_fini(struct http_reply_cache *cache);

/* Looks at the budget again when what is known of it is 100 ms old. */
void http_reply_cache_renew(struct http_reply_cache *cache,
    const struct budget *budget, struct instant now, int64_t wall_ms);

bool http_reply_queue(struct http_reply_cache *cache,
    const struct http_reply *reply, const struct spool *spool,
    struct MHD_Connection *connection);

/* To the socket itself, what fits, with Connection: close. */
void http_reply_raw(struct http_reply_cache *cache,
    const struct http_reply *reply, const struct spool *spool, int64_t wall_ms,
    int fd);

#endif
