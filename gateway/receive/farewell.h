/*
 * farewell - connections that were answered early, read empty before they
 * close.
 *
 * Closing a socket with unread bytes makes the kernel send a reset, and a
 * reset may overtake our reply in the client's kernel: a producer that is
 * told "too large" would see "connection reset" instead.  So the socket is
 * kept, with its sending half shut, and what still comes is thrown away until
 * the client has closed its half, or two seconds, or enough bytes are over.
 *
 * Units	bytes, instants.
 * Ownership	farewell_adopt takes the descriptor, in any case.
 * Threads	one worker's.
 * Errors	none: without room, the descriptor is closed at once.
 */
#ifndef GATEWAY_RECEIVE_FAREWELL_H
#define GATEWAY_RECEIVE_FAREWELL_H

#include <stdint.h>

#include "gateway/clock.h"

#define FAREWELL_MOST 64 /* at once, a worker */

struct farewell {
	int epoll; /* borrowed */
	uint64_t tag;
	unsigned count;
	struct {
		int fd; /* -1: free */
		struct instant until;
		uint64_t bytes; /* that may still be thrown away */
	} slots[FAREWELL_MOST];
};

/* Events of slot i arrive at `epoll` with data.u64 == tag + i. */
void farewell_init(struct farewell *farewell, int epoll, uint64_t tag);
void farewell_fini(struct farewell *farewell);

void farewell_adopt(struct farewell *farewell, int fd, struct instant now);
void farewell_ready(struct farewell *farewell, unsigned slot);

/* Closes those whose time is over. */
void farewell_expire(struct farewell *farewell, struct instant now);
struct instant farewell_next(const struct farewell *farewell);

#endif
