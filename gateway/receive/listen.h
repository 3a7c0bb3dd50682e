/*
 * listen - the HTTP library's side of a worker: sockets become requests.
 *
 * libmicrohttpd runs here in external mode, and this file knows its rules: an
 * answer is taken before the body (and then the connection closes) or after
 * it; a suspended connection is looked at by nobody; a stop with a suspended
 * connection aborts the process.
 *
 * Threads	its worker's; open and close also where that does not run.
 */
#ifndef GATEWAY_RECEIVE_LISTEN_H
#define GATEWAY_RECEIVE_LISTEN_H

#include <stdbool.h>

#include "gateway/receive/worker.h"
#include "parsers/err.h"

/* Takes the socket, in any case. */
bool listen_open(struct worker *worker, int fd, struct err *err);
void listen_close(struct worker *worker);

/* Readable when the library has something to do. */
int listen_epoll(const struct worker *worker);

/* How long it can wait at most; -1: for ever. */
int listen_timeout_ms(const struct worker *worker);
void listen_run(struct worker *worker);

/* Accepts no more; what waits in the socket's queue is reset. */
void listen_quiesce(struct worker *worker);

#endif
