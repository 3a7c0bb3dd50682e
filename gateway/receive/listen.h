/*
 * listen - the HTTP library's side of a worker: sockets become requests.
 *
 * libmicrohttpd 0.9.75 runs here in external mode, and this file knows its
 * ways: an answer is taken before the body (and then the connection closes) or
 * after it; a suspended connection is looked at by nobody; a stop with a
 * suspended connection aborts the process.
 *
 * Units	milliseconds.
 * Ownership	listen_open takes the socket; listen_close releases it.
 * Threads	its worker's; open and close also where that does not run.
 * Errors	false and a text.
 */
#ifndef GATEWAY_RECEIVE_LISTEN_H
#define GATEWAY_RECEIVE_LISTEN_H

#include <stdbool.h>

#include "parsers/err.h"
#include "parsers/http/request.h"
#include "parsers/text.h"

struct conn;
struct worker;

bool listen_open(struct worker *worker, int fd, struct err *err);
void listen_close(struct worker *worker);

/* Readable when the library has something to do. */
int listen_epoll(const struct worker *worker);

/* How long it can wait at most; -1: for ever. */
int listen_timeout_ms(const struct worker *worker);
void listen_run(struct worker *worker);

/* Accepts no more; what waits in the socket's queue is lost to a reset. */
void listen_quiesce(struct worker *worker);

/* What ingest needs: the head's fields, and to answer later. */
void listen_feed_head(struct conn *conn, struct span method,
    struct span version, struct http_request *head);
void listen_suspend(struct conn *conn);
void listen_resume(struct conn *conn); /* one that is not suspended, too */

#endif
