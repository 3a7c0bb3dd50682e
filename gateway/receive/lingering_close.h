/*
 * lingering_close - connections that were answered early, read empty before
 * they close.
 *
 * Closing a socket with unread bytes makes the kernel send a reset, and a
 * reset may overtake our answer in the client's kernel: a producer that was
 * answered "too large" would see "connection reset" instead.  So the socket is
 * kept, with its sending half shut, and what still comes is thrown away until
 * the client has closed its half, or for two seconds, or up to 16 MB.
 *
 * Ownership	lingering_close_add takes the descriptor, in any case: without
 *		room it is closed at once.
 */
#ifndef GATEWAY_RECEIVE_LINGERING_CLOSE_H
#define GATEWAY_RECEIVE_LINGERING_CLOSE_H

#include <stdint.h>

#include "gateway/base/clock.h"

#define LINGERING_CLOSE_MAX 64 /* of a worker */

struct lingering_close {
	int epoll; /* borrowed */
	uint64_t tag;
	unsigned count;
	struct {
		int fd; /* -1: free */
		struct instant until;
		uint64_t bytes; /* that may still be thrown away */
	} slots[LINGERING_CLOSE_MAX];
};

/* Events of slot i arrive at `epoll` with data.u64 == tag + i. */
void lingering_close_init(struct lingering_close *l, int epoll, uint64_t tag);
void lingering_close_fini(struct lingering_close *l);

void lingering_close_add(struct lingering_close *l, int fd, struct instant now);
void lingering_close_ready(struct lingering_close *l, unsigned slot);

/* Closes those whose time is over. */
void lingering_close_expire(struct lingering_close *l, struct instant now);
struct instant lingering_close_next(const struct lingering_close *l);

#endif
