/*
 * epoll_set - which of our sockets have something to do: epoll for connections
 * that rest often and briefly.
 *
 * libcurl says when it is done that it does not want to hear of a socket any
 * more, and then we do.  A socket that is not wanted stays with the kernel, and
 * leaves only if something happens on it meanwhile; wanted again the same way,
 * nothing has to be told.
 *
 *	epoll_set_new --> epoll_set_want(events) <--> epoll_set_want(0) --> epoll_set_gone
 *
 * While a socket has an owner, what happens on it is the owner's to handle.
 *
 * A socket that was not told of by epoll_set_new (a resolver's, which somebody
 * else will close) leaves the kernel as soon as it is not wanted.
 *
 * Units	events are EPOLLIN and EPOLLOUT.
 * Ownership	epoll_set_init gives, epoll_set_fini takes; the sockets are others'.
 * Threads	one.
 * Errors	false: no memory, or the kernel's in errno.
 */
#ifndef GATEWAY_CLIENT_EPOLL_SET_H
#define GATEWAY_CLIENT_EPOLL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

struct epoll_set {
	int epoll;
	struct epoll_set_socket *sockets; /* by descriptor */
	size_t room;
};

bool epoll_set_init(struct epoll_set *watch);
void epoll_set_fini(
    struct epoll_set *watch); /* also of one that did not succeed */

bool epoll_set_new(
    struct epoll_set *watch, int fd); /* a socket has just been made */
void epoll_set_gone(
    struct epoll_set *watch, int fd); /* and is about to be closed */

void epoll_set_give(
    struct epoll_set *watch, int fd, void *owner);            /* of a new one */
void *epoll_set_owner(const struct epoll_set *watch, int fd); /* NULL: none */

bool epoll_set_want(struct epoll_set *watch, int fd, uint32_t events);

/* At most `room` sockets on which something wanted has happened; no waiting. */
size_t epoll_set_look(
    struct epoll_set *watch, struct epoll_event *out, size_t room);

#endif
