/*
 * http_reply - an outcome becomes an HTTP answer.
 *
 * A plain success is the same bytes for everybody: one ready answer per level
 * and worker, made anew at most ten times a second, when the numbers in
 * RateLimit-* have changed.  So a 200 allocates nothing of ours.  Refusals are
 * made one by one.  Where the library takes no answer any more (in the middle
 * of a body, in an unfinished head), it is written to the socket directly.
 *
 * Ownership	http_reply_cache_fini releases; answers in flight are counted
 *		by the library and stay valid.
 */
#ifndef GATEWAY_RECEIVE_HTTP_REPLY_H
#define GATEWAY_RECEIVE_HTTP_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/model/budget.h"
#include "gateway/model/completion.h"
#include "gateway/model/outcome.h"
#include "gateway/receive/receive_shared.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

struct MHD_Connection;
struct MHD_Response;

struct http_reply_cache {
	struct instant renewed;
	struct budget_view view;
	struct MHD_Response *success[ACK_LEVELS]; /* NULL: not made yet */
};

struct http_reply {
	enum outcome outcome;
	enum acknowledge level; /* of a KEPT */
	const char *message;    /* NULL: the outcome's own */
	struct span detail;     /* JSON members after the message, or empty */
	bool counts;            /* a KEPT tells how many events were kept, */
	uint32_t accepted;      /* and how many were skipped: `detail` */
	uint32_t rejected;
	bool close;
};

/* Reads the budget again when the last reading is 100 ms old. */
void http_reply_cache_renew(struct http_reply_cache *cache,
    const struct budget *budget, struct instant now, int64_t wall_ms);
void http_reply_cache_fini(struct http_reply_cache *cache);

/* False: no memory; the connection is to be closed. */
bool http_reply_queue(struct http_reply_cache *cache,
    const struct http_reply *reply, const struct spool *spool,
    struct MHD_Connection *connection);

/* To the socket directly, as much as it takes, with Connection: close. */
void http_reply_raw(struct http_reply_cache *cache,
    const struct http_reply *reply, const struct spool *spool, int64_t wall_ms,
    int fd);

/*
 * Appends the JSON members "errors" and "more": which events upstream refused,
 * in the form of invalid events, so that a client needs one way of reading
 * them.  Each is named by its line; if there are gaps between the lines
 * (blank or skipped ones), by the number of the event instead.  Both from 1.
 */
void http_reply_refused(
    struct buffer *detail, const struct completion *completion, bool gaps);

const char *http_reply_level_name(enum acknowledge level);

#endif
