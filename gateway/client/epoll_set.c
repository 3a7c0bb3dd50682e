#include "gateway/client/epoll_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct epoll_set_socket {
	uint32_t told; /* to the kernel; 0: it does not have it */
	uint32_t wanted;
	bool ours; /* epoll_set_gone will be called */
	void *owner;
};

bool
epoll_set_init(struct epoll_set *watch)
{
	*watch = (struct epoll_set){ .epoll = epoll_create1(EPOLL_CLOEXEC) };
	return watch->epoll != -1;
}

void
epoll_set_fini(struct epoll_set *watch)
{
	if (watch->epoll != -1)
		close(watch->epoll);
	free(watch->sockets);
	*watch = (struct epoll_set){ .epoll = -1 };
}

static bool
make_room(struct epoll_set *watch, int fd)
{
	size_t room = watch->room > 0 ? watch->room : 64;
	struct epoll_set_socket *sockets;

	if ((size_t)fd < watch->room)
		return true;
	while (room <= (size_t)fd)
		room *= 2;
	sockets = realloc(watch->sockets, room * sizeof *sockets);
	if (sockets == NULL)
		return false;
	memset(
	    sockets + watch->room, 0, (room - watch->room) * sizeof *sockets);
	watch->sockets = sockets;
	watch->room = room;
	return true;
}

bool
epoll_set_new(struct epoll_set *watch, int fd)
{
	if (!make_room(watch, fd))
		return false;
	watch->sockets[fd] = (struct epoll_set_socket){ .ours = true };
	return true;
}

static void
drop(struct epoll_set *watch, int fd)
{
	struct epoll_set_socket *s = &watch->sockets[fd];

	if (s->told != 0)
		(void)epoll_ctl(watch->epoll, EPOLL_CTL_DEL, fd, NULL);
	s->told = 0;
}

/* Not left to close: a duplicate of the descriptor may live on. */
void
epoll_set_gone(struct epoll_set *watch, int fd)
{
	if ((size_t)fd >= watch->room)
		return;
	drop(watch, fd);
	watch->sockets[fd] = (struct epoll_set_socket){ 0 };
}

void
epoll_set_give(struct epoll_set *watch, int fd, void *owner)
{
	if ((size_t)fd < watch->room)
		watch->sockets[fd].owner = owner;
}

void *
epoll_set_owner(const struct epoll_set *watch, int fd)
{
	return (size_t)fd < watch->room ? watch->sockets[fd].owner : NULL;
}

static bool
tell(struct epoll_set *watch, int fd)
{
	struct epoll_set_socket *s = &watch->sockets[fd];
	struct epoll_event event = { .events = s->wanted };

	event.data.fd = fd;
	if (epoll_ctl(watch->epoll, s->told ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
		&event) != 0)
		return false;
	s->told = s->wanted;
	return true;
}

bool
epoll_set_want(struct epoll_set *watch, int fd, uint32_t events)
{
	if (!make_room(watch, fd))
		return false;
	watch->sockets[fd].wanted = events;
	if (events != 0)
		return watch->sockets[fd].told == events || tell(watch, fd);
	if (!watch->sockets[fd].ours)
		epoll_set_gone(watch, fd);
	return true;
}

size_t
epoll_set_look(struct epoll_set *watch, struct epoll_event *out, size_t room)
{
	int seen = epoll_wait(watch->epoll, out, (int)room, 0);
	size_t count = 0;

	for (int i = 0; i < seen; i++)
		if (watch->sockets[out[i].data.fd].wanted != 0)
			out[count++] = out[i];
		else
			drop(watch, out[i].data.fd);
	return count;
}
