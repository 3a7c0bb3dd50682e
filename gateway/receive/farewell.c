#include "gateway/receive/farewell.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAREWELL_NS    (2 * NS_PER_S)
#define FAREWELL_BYTES (16 << 20)

/* Per visit, so that one client's flood does not stop the others. */
#define VISIT_BYTES (256 << 10)

void
farewell_init(struct farewell *farewell, int epoll, uint64_t tag)
{
	farewell->epoll = epoll;
	farewell->tag = tag;
	farewell->count = 0;
	for (unsigned i = 0; i < FAREWELL_MOST; i++)
		farewell->slots[i].fd = -1;
}

static void
drop(struct farewell *farewell, unsigned slot)
{
	close(farewell->slots[slot].fd); /* which also leaves the epoll set */
	farewell->slots[slot].fd = -1;
	farewell->count--;
}

void
farewell_fini(struct farewell *farewell)
{
	for (unsigned i = 0; i < FAREWELL_MOST; i++)
		if (farewell->slots[i].fd != -1)
			drop(farewell, i);
}

void
farewell_adopt(struct farewell *farewell, int fd, struct instant now)
{
	struct epoll_event event = { .events = EPOLLIN };
	unsigned slot = 0;

	while (slot < FAREWELL_MOST && farewell->slots[slot].fd != -1)
		slot++;
	event.data.u64 = farewell->tag + slot;
	if (slot == FAREWELL_MOST ||
	    epoll_ctl(farewell->epoll, EPOLL_CTL_ADD, fd, &event) == -1) {
		close(fd);
		return;
	}
	farewell->slots[slot].fd = fd;
	farewell->slots[slot].until = (struct instant){ now.ns + FAREWELL_NS };
	farewell->slots[slot].bytes = FAREWELL_BYTES;
	farewell->count++;
}

void
farewell_ready(struct farewell *farewell, unsigned slot)
{
	uint64_t *bytes = &farewell->slots[slot].bytes;
	ssize_t got;

	if (farewell->slots[slot].fd == -1)
		return; /* dropped since the event was queued */
	/* With MSG_TRUNC, TCP throws bytes away without copying them. */
	got = recv(farewell->slots[slot].fd, NULL, VISIT_BYTES,
	    MSG_TRUNC | MSG_DONTWAIT);
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0 || (uint64_t)got >= *bytes)
		drop(farewell, slot);
	else
		*bytes -= (uint64_t)got;
}

void
farewell_expire(struct farewell *farewell, struct instant now)
{
	for (unsigned i = 0; i < FAREWELL_MOST && farewell->count > 0; i++)
		if (farewell->slots[i].fd != -1 &&
		    farewell->slots[i].until.ns <= now.ns)
			drop(farewell, i);
}

struct instant
farewell_next(const struct farewell *farewell)
{
	struct instant next = INSTANT_NEVER;

	if (farewell->count == 0)
		return next;
	for (unsigned i = 0; i < FAREWELL_MOST; i++)
		if (farewell->slots[i].fd != -1 &&
		    farewell->slots[i].until.ns < next.ns)
			next = farewell->slots[i].until;
	return next;
}
