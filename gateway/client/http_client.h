/*
 * http_client - POST requests in flight, each sent at most once.
 *
 * When a kept connection dies under a request, that is a failure like others:
 * the pump decides whether to send it again, because the pump pays for it.  No
 * redirect is followed.  A response without end is cut off.  A 2xx that came
 * before the whole request was sent is not believed.  We never send Expect:
 * 100-continue.
 *
 *	http_client_start ---> in flight ---> http_client_run ---> http_client_take
 *
 * Connections are kept by conn_pool.h.
 *
 * Ownership	see http_post.h.
 * Threads	one.  The program must ignore SIGPIPE.
 */
#ifndef GATEWAY_CLIENT_HTTP_CLIENT_H
#define GATEWAY_CLIENT_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/client/http_post.h"
#include "parsers/err.h"

struct http_client;

/* At most max_posts are in flight; ca_file NULL: the system's. */
bool http_client_open(struct http_client **out, size_t max_posts,
    uint64_t connect_timeout_ms, const char *ca_file, struct err *err);
void http_client_close(struct http_client **client);

/* False: no memory, or the URL is none; nothing was begun. */
bool http_client_start(struct http_client *client, struct http_post *post);

/* Ends a post that is in flight, without a result; else does nothing. */
void http_client_drop(struct http_client *client, struct http_post *post);

/* Does what can be done without blocking. */
void http_client_run(struct http_client *client);

/* The next post that has ended; NULL: none. */
struct http_post *http_client_take(struct http_client *client);

/*
 * Blocks until http_client_run has work, a descriptor is readable, or `ms` are
 * over; ms < 0: no limit.
 */
#define HTTP_CLIENT_FDS_MAX 8
void http_client_wait(
    struct http_client *client, const int *fds, size_t count, int ms);

#endif
