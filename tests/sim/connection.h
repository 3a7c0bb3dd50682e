/*
 * connection - one client's socket, call after call.
 *
 *	            +----------- next call ------------+
 *	            v                                  |
 *	open --> HEAD --> BODY --> WAIT --> SEND ------+--> LINGER --> closed
 *	                   |                 ^
 *	                   +-----------------+   (WAIT only for a delay)
 *
 * A reset leads from anywhere to closed.  LINGER says that we are done and
 * discards what still comes, for closing with unread bytes would be a reset
 * that destroys the answer under way.  A client that goes while its answer
 * waits is let go at once; what was taken stays taken.
 *
 * Ownership	frees itself when it closes; connection_free ends all.
 * Threads	one.
 * Errors	none: a connection that fails closes.
 */
#ifndef SIM_CONNECTION_H
#define SIM_CONNECTION_H

#include <stdint.h>

struct connection;
struct server;
struct timer;

/* Takes the socket, which must not block. */
void connection_open(struct server *s, int fd);

/* What epoll said. */
void connection_ready(struct server *s, struct connection *c, uint32_t events);

/* Its delay is over. */
void connection_due(struct server *s, struct timer *timer);

void connection_free_all(struct server *s);

#endif
