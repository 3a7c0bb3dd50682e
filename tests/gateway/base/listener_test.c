#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/listener.h"

static void
close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

/* The first takes a free port; a second process then asks for the same one. */
static void
expect_taken(size_t first_count, size_t second_count)
{
	char address[LISTENER_ADDRESS_MOST], again[LISTENER_ADDRESS_MOST];
	struct err err = { 0 };
	int fds[3], others[3];

	cr_assert(listener_open(
		      "a.key", "127.0.0.1:0", fds, first_count, address, &err),
	    "%s", err.text);
	cr_expect_not(
	    listener_open("a.key", address, others, second_count, again, &err));
	cr_expect_eq(err.kind, ERR_HOST);
	cr_expect_not_null(strstr(err.text, address), "%s", err.text);
	cr_expect_not_null(strstr(err.text, "a.key"), "%s", err.text);
	close_all(fds, first_count);
}

Test(listener, an_address_in_use_is_refused_with_the_key_to_change)
{
	expect_taken(1, 1);
	expect_taken(1, 3);
	expect_taken(3, 1);
	expect_taken(3, 3);
}

Test(listener, all_sockets_share_the_port_that_was_chosen)
{
	char address[LISTENER_ADDRESS_MOST];
	struct err err = { 0 };
	int fds[3], on = 0;
	socklen_t len = sizeof on;

	cr_assert(listener_open("k", "[::1]:0", fds, 3, address, &err), "%s",
	    err.text);
	cr_expect_eq(strncmp(address, "[::1]:", 6), 0, "%s", address);
	cr_expect_neq(strcmp(address, "[::1]:0"), 0);
	close_all(fds, 3);

	cr_assert(listener_open("k", "127.0.0.1:0", fds, 1, address, &err));
	cr_expect_eq(
	    getsockopt(fds[0], SOL_SOCKET, SO_REUSEPORT, &on, &len), 0);
	cr_expect_eq(on, 0, "a single socket may not be joined");
	close_all(fds, 1);
}

Test(listener, what_is_no_address_is_told)
{
	char address[LISTENER_ADDRESS_MOST];
	struct err err = { 0 };
	int fd;

	cr_expect_not(listener_open("k", "nowhere", &fd, 1, address, &err));
	cr_expect_eq(err.kind, ERR_INPUT);
}
