/*
 * worker_thread - one thread, one listening socket, one HTTP daemon.
 *
 * The daemon has no thread of its own: this loop polls, and serves what is
 * ready.  Completions arrive in a box whose eventfd is part of the same poll,
 * so a suspended request is resumed by its own worker, in batches, and the
 * library is never called from two threads.  A request that waits for the disk
 * alone is held rather than suspended: at the end of a cycle the worker itself
 * commits what the cycle brought, and the next cycle answers.
 *
 *	epoll { the library's epoll, completions, control, closed peers }
 *
 * Ownership	worker_thread_open gives; worker_thread_close takes.
 * Threads	all of these from the thread of receive.c.
 */
#ifndef GATEWAY_RECEIVE_WORKER_THREAD_H
#define GATEWAY_RECEIVE_WORKER_THREAD_H

#include <stdbool.h>

#include "gateway/receive/worker.h"
#include "parsers/err.h"

/* Takes `listen_fd`, in any case. */
bool worker_thread_open(struct worker **out, struct receive_shared *shared,
    int listen_fd, struct err *err);
bool worker_thread_start(struct worker *worker, struct err *err);

/* To be called after a flag in `shared` has changed. */
void worker_thread_wake(struct worker *worker);
void worker_thread_join(struct worker *worker);
void worker_thread_close(struct worker **worker);

#endif
