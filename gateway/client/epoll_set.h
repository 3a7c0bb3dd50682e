/*
 * epoll_set - the sockets that we wait for: epoll for connections that are
 * often idle for a short time.
 *
 * A socket that is not wanted any more stays registered with the kernel, and is
 * taken out only if something happens on it meanwhile.  When it is wanted again
 * for the same events no system call is needed.
 *
 *	opened --> want(events) <--> want(0) --> closing
 *
 * Events on a socket that has an owner are for the owner to handle; the others
 * are libcurl's.  A socket that epoll_set_opened did not announce (a
 * resolver's, which somebody else closes) is taken out as soon as it is not
 * wanted.
 *
 * Units	events are EPOLLIN and EPOLLOUT.
 * Ownership	epoll_set_init gives, epoll_set_fini takes; sockets are borrowed.
 * Errors	false: no memory, or the kernel's error in errno.
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

/* epoll_set_fini also after an init that failed. */
bool epoll_set_init(struct epoll_set *set);
void epoll_set_fini(struct epoll_set *set);

/* A socket has just been made; is about to be closed. */
bool epoll_set_opened(struct epoll_set *set, int fd);
void epoll_set_closing(struct epoll_set *set, int fd);

/* NULL: it has none. */
void epoll_set_set_owner(struct epoll_set *set, int fd, void *owner);
void *epoll_set_owner(const struct epoll_set *set, int fd);

bool epoll_set_want(struct epoll_set *set, int fd, uint32_t events);

/* At most `room` sockets on which something wanted has happened; no waiting. */
size_t epoll_set_poll(
    struct epoll_set *set, struct epoll_event *out, size_t room);

#endif
