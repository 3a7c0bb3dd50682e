#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/client/epoll_set.h"

/* One end is watched, the other one is the server's. */
struct pair {
	int near, far;
};

static struct pair
connected(void)
{
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	return (struct pair){ fds[0], fds[1] };
}

static void
say(int fd)
{
	cr_assert_eq(write(fd, "x", 1), 1);
}

static size_t
heard(struct epoll_set *set, int fd)
{
	struct epoll_event events[8];
	size_t count = epoll_set_poll(set, events, 8);

	for (size_t i = 0; i < count; i++)
		cr_expect_eq(events[i].data.fd, fd);
	return count;
}

Test(epoll_set, reports_what_is_wanted_and_nothing_else)
{
	struct epoll_set set;
	struct pair p = connected();

	cr_assert(epoll_set_init(&set) && epoll_set_opened(&set, p.near));
	cr_expect(epoll_set_want(&set, p.near, EPOLLIN));
	cr_expect_eq(heard(&set, p.near), 0, "nothing came");
	say(p.far);
	cr_expect_eq(heard(&set, p.near), 1, "a byte came");
	cr_expect_eq(heard(&set, p.near), 1, "and is still there");
	cr_expect(epoll_set_want(&set, p.near, 0));
	cr_expect_eq(heard(&set, p.near), 0, "not wanted");
	cr_expect(epoll_set_want(&set, p.near, EPOLLIN));
	cr_expect_eq(heard(&set, p.near), 1, "wanted again");
	cr_expect(epoll_set_want(&set, p.near, EPOLLIN | EPOLLOUT));
	cr_expect_eq(heard(&set, p.near), 1, "otherwise");
	epoll_set_fini(&set);
}

Test(epoll_set, an_idle_socket_costs_nothing_until_something_happens)
{
	struct epoll_set set;
	struct pair p = connected();
	struct epoll_event event;

	cr_assert(epoll_set_init(&set) && epoll_set_opened(&set, p.near));
	cr_expect(epoll_set_want(&set, p.near, EPOLLIN));
	cr_expect(epoll_set_want(&set, p.near, 0));
	say(p.far);
	cr_expect_eq(epoll_wait(set.epoll, &event, 1, 0), 1, "it stayed");
	cr_expect_eq(heard(&set, p.near), 0);
	cr_expect_eq(epoll_wait(set.epoll, &event, 1, 0), 0,
	    "or it would wake us for ever");
	epoll_set_fini(&set);
}

Test(epoll_set, a_closed_sockets_number_is_another_socket)
{
	struct epoll_set set;
	struct pair p = connected(), q;

	cr_assert(epoll_set_init(&set) && epoll_set_opened(&set, p.near));
	cr_expect(epoll_set_want(&set, p.near, EPOLLIN));
	epoll_set_closing(&set, p.near);
	close(p.near);
	q = connected();
	cr_assert_eq(q.near, p.near, "the least free number");
	cr_assert(epoll_set_opened(&set, q.near));
	cr_expect(epoll_set_want(&set, q.near, EPOLLIN));
	say(q.far);
	cr_expect_eq(heard(&set, q.near), 1);
	epoll_set_fini(&set);
}

Test(epoll_set, a_socket_that_was_not_announced_is_dropped_at_once)
{
	struct epoll_set set;
	struct pair p = connected(), q;

	cr_assert(epoll_set_init(&set));
	cr_expect(epoll_set_want(&set, p.near, EPOLLIN));
	say(p.far);
	cr_expect_eq(heard(&set, p.near), 1);
	cr_expect(epoll_set_want(&set, p.near, 0));
	close(p.near); /* nobody calls epoll_set_closing */
	q = connected();
	cr_assert_eq(q.near, p.near, "the least free number");
	cr_expect(epoll_set_want(&set, q.near, EPOLLIN));
	say(q.far);
	cr_expect_eq(heard(&set, q.near), 1);
	epoll_set_fini(&set);
}

Test(epoll_set, many_descriptors_have_room)
{
	struct epoll_set set;
	struct pair p = connected();
	int high = dup2(p.near, 900);

	cr_assert(high == 900 && epoll_set_init(&set));
	cr_assert(epoll_set_opened(&set, high));
	cr_expect(epoll_set_want(&set, high, EPOLLIN));
	say(p.far);
	cr_expect_eq(heard(&set, high), 1);
	epoll_set_closing(&set, 5000); /* never seen: nothing to do */
	epoll_set_fini(&set);
	epoll_set_fini(&set); /* safe twice */
}
