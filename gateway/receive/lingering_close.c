#include "gateway/receive/lingering_close.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_NS    (2 * NS_PER_S)
#define LINGER_BYTES (16 << 20)

/* At once, so that one busy client does not delay the others. */
#define READ_BYTES (256 << 10)

void
lingering_close_init(struct lingering_close *l, int epoll, uint64_t tag)
{
	l->epoll = epoll;
	l->tag = tag;
	l->count = 0;
	for (unsigned i = 0; i < LINGERING_CLOSE_MAX; i++)
		l->slots[i].fd = -1;
}

static void
drop(struct lingering_close *l, unsigned slot)
{
	close(l->slots[slot].fd); /* which also leaves the epoll set */
	l->slots[slot].fd = -1;
	l->count--;
}

void
lingering_close_fini(struct lingering_close *l)
{
	for (unsigned i = 0; i < LINGERING_CLOSE_MAX; i++)
		if (l->slots[i].fd != -1)
			drop(l, i);
}

void
lingering_close_add(struct lingering_close *l, int fd, struct instant now)
{
	struct epoll_event event = { .events = EPOLLIN };
	unsigned slot = 0;

	while (slot < LINGERING_CLOSE_MAX && l->slots[slot].fd != -1)
		slot++;
	event.data.u64 = l->tag + slot;
	if (slot == LINGERING_CLOSE_MAX ||
	    epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event) == -1) {
		close(fd);
		return;
	}
	l->slots[slot].fd = fd;
	l->slots[slot].until = (struct instant){ now.ns + LINGER_NS };
	l->slots[slot].bytes = LINGER_BYTES;
	l->count++;
}

void
lingering_close_ready(struct lingering_close *l, unsigned slot)
{
	uint64_t *bytes = &l->slots[slot].bytes;
	ssize_t got;

	if (l->slots[slot].fd == -1)
		return; /* dropped since the event was queued */
	/* With MSG_TRUNC, TCP throws bytes away without copying them. */
	got =
	    recv(l->slots[slot].fd, NULL, READ_BYTES, MSG_TRUNC | MSG_DONTWAIT);
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0 || (uint64_t)got >= *bytes)
		drop(l, slot);
	else
		*bytes -= (uint64_t)got;
}

void
lingering_close_expire(struct lingering_close *l, struct instant now)
{
	for (unsigned i = 0; i < LINGERING_CLOSE_MAX && l->count > 0; i++)
		if (l->slots[i].fd != -1 && l->slots[i].until.ns <= now.ns)
			drop(l, i);
}

struct instant
lingering_close_next(const struct lingering_close *l)
{
	struct instant next = INSTANT_NEVER;

	if (l->count == 0)
		return next;
	for (unsigned i = 0; i < LINGERING_CLOSE_MAX; i++)
		if (l->slots[i].fd != -1 && l->slots[i].until.ns < next.ns)
			next = l->slots[i].until;
	return next;
}
