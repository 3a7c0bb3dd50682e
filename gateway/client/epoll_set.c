#include "gateway/client/epoll_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct epoll_set_socket {
	uint32_t registered; /* events the kernel knows; 0: not registered */
	uint32_t wanted;
	bool announced; /* epoll_set_closing will be called */
	void *owner;
};

bool
epoll_set_init(struct epoll_set *set)
{
	*set = (struct epoll_set){ .epoll = epoll_create1(EPOLL_CLOEXEC) };
	return set->epoll != -1;
}

void
epoll_set_fini(struct epoll_set *set)
{
	if (set->epoll != -1)
		close(set->epoll);
	free(set->sockets);
	*set = (struct epoll_set){ .epoll = -1 };
}

static bool
make_room(struct epoll_set *set, int fd)
{
	size_t room = set->room > 0 ? set->room : 64;
	struct epoll_set_socket *sockets;

	if ((size_t)fd < set->room)
		return true;
	while (room <= (size_t)fd)
		room *= 2;
	sockets = realloc(set->sockets, room * sizeof *sockets);
	if (sockets == NULL)
		return false;
	memset(sockets + set->room, 0, (room - set->room) * sizeof *sockets);
	set->sockets = sockets;
	set->room = room;
	return true;
}

bool
epoll_set_opened(struct epoll_set *set, int fd)
{
	if (!make_room(set, fd))
		return false;
	set->sockets[fd] = (struct epoll_set_socket){ .announced = true };
	return true;
}

static void
unregister(struct epoll_set *set, int fd)
{
	struct epoll_set_socket *s = &set->sockets[fd];

	if (s->registered != 0)
		(void)epoll_ctl(set->epoll, EPOLL_CTL_DEL, fd, NULL);
	s->registered = 0;
}

/* Not left to close: a duplicate of the descriptor may live on. */
void
epoll_set_closing(struct epoll_set *set, int fd)
{
	if ((size_t)fd >= set->room)
		return;
	unregister(set, fd);
	set->sockets[fd] = (struct epoll_set_socket){ 0 };
}

void
epoll_set_set_owner(struct epoll_set *set, int fd, void *owner)
{
	if ((size_t)fd < set->room)
		set->sockets[fd].owner = owner;
}

void *
epoll_set_owner(const struct epoll_set *set, int fd)
{
	return (size_t)fd < set->room ? set->sockets[fd].owner : NULL;
}

static bool
register_socket(struct epoll_set *set, int fd)
{
	struct epoll_set_socket *s = &set->sockets[fd];
	struct epoll_event event = { .events = s->wanted };

	event.data.fd = fd;
	if (epoll_ctl(set->epoll, s->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
		fd, &event) != 0)
		return false;
	s->registered = s->wanted;
	return true;
}

bool
epoll_set_want(struct epoll_set *set, int fd, uint32_t events)
{
	if (!make_room(set, fd))
		return false;
	set->sockets[fd].wanted = events;
	if (events != 0)
		return set->sockets[fd].registered == events ||
		       register_socket(set, fd);
	if (!set->sockets[fd].announced)
		epoll_set_closing(set, fd);
	return true;
}

size_t
epoll_set_poll(struct epoll_set *set, struct epoll_event *out, size_t room)
{
	int seen = epoll_wait(set->epoll, out, (int)room, 0);
	size_t count = 0;

	for (int i = 0; i < seen; i++)
		if (set->sockets[out[i].data.fd].wanted != 0)
			out[count++] = out[i];
		else
			unregister(set, out[i].data.fd);
	return count;
}
