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
heard(struct epoll_set *watch, int fd)
{
	struct epoll_event events[8];
	size_t count = epoll_set_look(watch, events, 8);

	for (size_t i = 0; i < count; i++)
		cr_expect_eq(events[i].data.fd, fd);
	return count;
}

Test(watch, hears_what_is_wanted_and_nothing_else)
{
	struct epoll_set watch;
	struct pair p = connected();

	cr_assert(epoll_set_init(&watch) && epoll_set_new(&watch, p.near));
	cr_expect(epoll_set_want(&watch, p.near, EPOLLIN));
	cr_expect_eq(heard(&watch, p.near), 0, "nothing came");
	say(p.far);
	cr_expect_eq(heard(&watch, p.near), 1, "a byte came");
	cr_expect_eq(heard(&watch, p.near), 1, "and is still there");
	cr_expect(epoll_set_want(&watch, p.near, 0));
	cr_expect_eq(heard(&watch, p.near), 0, "not wanted");
	cr_expect(epoll_set_want(&watch, p.near, EPOLLIN));
	cr_expect_eq(heard(&watch, p.near), 1, "wanted again");
	cr_expect(epoll_set_want(&watch, p.near, EPOLLIN | EPOLLOUT));
	cr_expect_eq(heard(&watch, p.near), 1, "otherwise");
	epoll_set_fini(&watch);
}

Test(watch, what_rests_costs_nothing_until_something_happens)
{
	struct epoll_set watch;
	struct pair p = connected();
	struct epoll_event event;

	cr_assert(epoll_set_init(&watch) && epoll_set_new(&watch, p.near));
	cr_expect(epoll_set_want(&watch, p.near, EPOLLIN));
	cr_expect(epoll_set_want(&watch, p.near, 0));
	say(p.far);
	cr_expect_eq(epoll_wait(watch.epoll, &event, 1, 0), 1, "it stayed");
	cr_expect_eq(heard(&watch, p.near), 0);
	cr_expect_eq(epoll_wait(watch.epoll, &event, 1, 0), 0,
	    "or it would wake us for ever");
	epoll_set_fini(&watch);
}

Test(watch, a_closed_sockets_number_is_another_socket)
{
	struct epoll_set watch;
	struct pair p = connected(), q;

	cr_assert(epoll_set_init(&watch) && epoll_set_new(&watch, p.near));
	cr_expect(epoll_set_want(&watch, p.near, EPOLLIN));
	epoll_set_gone(&watch, p.near);
	close(p.near);
	q = connected();
	cr_assert_eq(q.near, p.near, "the least free number");
	cr_assert(epoll_set_new(&watch, q.near));
	cr_expect(epoll_set_want(&watch, q.near, EPOLLIN));
	say(q.far);
	cr_expect_eq(heard(&watch, q.near), 1);
	epoll_set_fini(&watch);
}

Test(watch, a_socket_of_others_is_let_go_at_once)
{
	struct epoll_set watch;
	struct pair p = connected(), q;

	cr_assert(epoll_set_init(&watch));
	cr_expect(epoll_set_want(&watch, p.near, EPOLLIN));
	say(p.far);
	cr_expect_eq(heard(&watch, p.near), 1);
	cr_expect(epoll_set_want(&watch, p.near, 0));
	close(p.near); /* we are not told */
	q = connected();
	cr_assert_eq(q.near, p.near, "the least free number");
	cr_expect(epoll_set_want(&watch, q.near, EPOLLIN));
	say(q.far);
	cr_expect_eq(heard(&watch, q.near), 1);
	epoll_set_fini(&watch);
}

Test(watch, many_descriptors_have_room)
{
	struct epoll_set watch;
	struct pair p = connected();
	int high = dup2(p.near, 900);

	cr_assert(high == 900 && epoll_set_init(&watch));
	cr_assert(epoll_set_new(&watch, high));
	cr_expect(epoll_set_want(&watch, high, EPOLLIN));
	say(p.far);
	cr_expect_eq(heard(&watch, high), 1);
	epoll_set_gone(&watch, 5000); /* never seen: nothing to do */
	epoll_set_fini(&watch);
	epoll_set_fini(&watch); /* safe twice */
}
