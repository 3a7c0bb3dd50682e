/*
 * watch - which of our sockets have something to do: epoll for connections
 * that rest often and briefly.
 *
 * libcurl says when it is done that it does not want to hear of a socket any
 * more, and then we do.  A socket that is not wanted stays with the kernel, and
 * leaves only if something happens on it meanwhile; wanted again the same way,
 * nothing has to be told.
 *
 *	watch_new --> watch_want(events) <--> watch_want(0) --> watch_gone
 *
 * While a socket has an owner, what happens on it is the owner's to handle.
 *
 * A socket that was not told of by watch_new (a resolver's, which somebody
 * else will close) leaves the kernel as soon as it is not wanted.
 *
 * Units	events are EPOLLIN and EPOLLOUT.
 * Ownership	watch_init gives, watch_fini takes; the sockets are others'.
 * Threads	one.
 * Errors	false: no memory, or the kernel's in errno.
 */
#ifndef GATEWAY_TRANSMIT_WATCH_H
#define GATEWAY_TRANSMIT_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

struct watch {
	int epoll;
	struct watch_socket *sockets; /* by descriptor */
	size_t room;
};

bool watch_init(struct watch *watch);
void watch_fini(struct watch *watch); /* also of one that did not succeed */

bool watch_new(struct watch *watch, int fd);  /* a socket has just been made */
void watch_gone(struct watch *watch, int fd); /* and is about to be closed */

void watch_give(struct watch *watch, int fd, void *owner); /* of a new one */
void *watch_owner(const struct watch *watch, int fd);      /* NULL: none */

bool watch_want(struct watch *watch, int fd, uint32_t events);

/* At most `room` sockets on which something wanted has happened; no waiting. */
size_t watch_look(struct watch *watch, struct epoll_event *out, size_t room);

#endif
