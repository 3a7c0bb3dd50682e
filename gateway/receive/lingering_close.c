#include "gateway/receive/lingering_close.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGERING_CLOSE_NS    (2 * NS_PER_S)
#define LINGERING_CLOSE_BYTES (16 << 20)

/* Per visit, so that one client's flood does not stop the others. */
#define VISIT_BYTES (256 << 10)

void
lingering_close_init(struct lingering_close *farewell, int epoll, uint64_t tag)
{
	farewell->epoll = epoll;
	farewell->tag = tag;
	farewell->count = 0;
	for (unsigned i = 0; i < LINGERING_CLOSE_MOST; i++)
		farewell->slots[i].fd = -1;
}

static void
drop(struct lingering_close *farewell, unsigned slot)
{
	close(farewell->slots[slot].fd); /* which also leaves the epoll set */
	farewell->slots[slot].fd = -1;
	farewell->count--;
}

void
lingering_close_fini(struct lingering_close *farewell)
{
	for (unsigned i = 0; i < LINGERING_CLOSE_MOST; i++)
		if (farewell->slots[i].fd != -1)
			drop(farewell, i);
}

void
lingering_close_adopt(
    struct lingering_close *farewell, int fd, struct instant now)
{
	struct epoll_event event = { .events = EPOLLIN };
	unsigned slot = 0;

	while (slot < LINGERING_CLOSE_MOST && farewell->slots[slot].fd != -1)
		slot++;
	event.data.u64 = farewell->tag + slot;
	if (slot == LINGERING_CLOSE_MOST ||
	    epoll_ctl(farewell->epoll, EPOLL_CTL_ADD, fd, &event) == -1) {
		close(fd);
		return;
	}
	farewell->slots[slot].fd = fd;
	farewell->slots[slot].until =
	    (struct instant){ now.ns + LINGERING_CLOSE_NS };
	farewell->slots[slot].bytes = LINGERING_CLOSE_BYTES;
	farewell->count++;
}

void
lingering_close_ready(struct lingering_close *farewell, unsigned slot)
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
lingering_close_expire(struct lingering_close *farewell, struct instant now)
{
	for (unsigned i = 0; i < LINGERING_CLOSE_MOST && farewell->count > 0;
	     i++)
		if (farewell->slots[i].fd != -1 &&
		    farewell->slots[i].until.ns <= now.ns)
			drop(farewell, i);
}

struct instant
lingering_close_next(const struct lingering_close *farewell)
{
	struct instant next = INSTANT_NEVER;

	if (farewell->count == 0)
		return next;
	for (unsigned i = 0; i < LINGERING_CLOSE_MOST; i++)
		if (farewell->slots[i].fd != -1 &&
		    farewell->slots[i].until.ns < next.ns)
			next = farewell->slots[i].until;
	return next;
}
