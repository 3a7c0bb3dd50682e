#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/admin/admin.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One for the process of each test, which ends with it. */
static struct registry *
account_of_test(void)
{
	static struct registry *registry;
	struct err err;

	if (registry == NULL)
		cr_assert(registry_open(&registry, 1, &err), "%s", err.text);
	return registry;
}

static struct admin *
start(const char *address)
{
	char copy[64];
	struct admin *admin = NULL;
	struct err err = { 0 };

	snprintf(copy, sizeof copy, "%s", address);
	cr_assert(
	    admin_start(&admin, &(struct admin_options){ .address = copy },
		NULL, account_of_test(), &err),
	    "%s", err.text);
	return admin;
}

static int
connect_to(const struct admin *admin)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	const char *colon = strrchr(admin_address(admin), ':');
	struct timeval timeout = { .tv_sec = 30 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons((uint16_t)atoi(colon + 1));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	cr_assert_eq(connect(fd, (void *)&at, sizeof at), 0);
	return fd;
}

/* Reads to the close, or until `until` was read. */
static void
answer(int fd, const char *until, char *text, size_t room)
{
	size_t len = 0;
	ssize_t got;

	text[0] = '\0';
	while (len + 1 < room &&
	       (until == NULL || strstr(text, until) == NULL) &&
	       (got = read(fd, text + len, room - 1 - len)) > 0) {
		len += (size_t)got;
		text[len] = '\0';
	}
}

/* One request, one answer, with the connection closed behind it. */
static void
ask(const struct admin *admin, const char *line, const char *more, char *text,
    size_t room)
{
	char request[300];
	int fd = connect_to(admin);
	int len = snprintf(request, sizeof request,
	    "%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n", line,
	    more);

	cr_assert_eq(write(fd, request, (size_t)len), len);
	answer(fd, NULL, text, room);
	close(fd);
}

/* clang-format off */
static const struct {
	const char	*line, *why_not;
	const char	*status, *has, *body;
} cases[] = {
	{ "GET /livez",		NULL,		"200", "text/plain", "live\n" },
	{ "GET /livez",		"draining",	"200", "text/plain", "live\n" },
	{ "GET /livez?a=b",	NULL,		"200", "no-store",   "live\n" },
	{ "GET /readyz",	NULL,		"200", "text/plain", "ready\n" },
	{ "GET /readyz",	"draining",	"503", "no-store",   "draining\n" },
	{ "HEAD /livez",	NULL,		"200", "Content-Length: 5", "" },
	{ "HEAD /readyz",	"clock",	"503", "Content-Length: 6", "" },
	{ "GET /nothing",	NULL,		"404", "application/json",
	  "{\"code\":\"NotFound\",\"message\":\"There are /, /status, /metrics, /livez, /readyz, "
	  "/dead-letters, /dead-letters/replay and /dead-letters/purge\"}\n" },
	{ "GET /",		NULL,		"403", "application/json", NULL },
	{ "GET /status",	NULL,		"403", "application/json", NULL },
	{ "GET /metrics",	NULL,		"403", "application/json", NULL },
	{ "GET /dead-letters",	NULL,		"403", "application/json", NULL },
	{ "POST /dead-letters",	NULL,		"405", "Allow: GET, HEAD", NULL },
	{ "GET /dead-letters/replay", NULL,	"405", "Allow: POST",
	  "{\"code\":\"MethodNotAllowed\",\"message\":\"This path is only posted to\"}\n" },
	{ "PUT /dead-letters/purge", NULL,	"405", "Allow: POST",	NULL },
	{ "POST /dead-letters/purge", NULL,	"403", "application/json", NULL },
	{ "GET /livez/",	NULL,		"404", "application/json", NULL },
	{ "POST /nothing",	NULL,		"404", "application/json", NULL },
	{ "POST /livez",	NULL,		"405", "Allow: GET, HEAD", NULL },
	{ "DELETE /readyz",	NULL,		"405", "Allow: GET, HEAD",
	  "{\"code\":\"MethodNotAllowed\",\"message\":\"This path is only read\"}\n" },
	{ "OPTIONS /readyz",	NULL,		"405", "Allow: GET, HEAD", NULL },
};
/* clang-format on */

Test(admin, probes_are_answered_and_nothing_else)
{
	struct admin *admin = start("127.0.0.1:0");
	char text[1000];

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *body;

		admin_ready(admin, cases[i].why_not);
		ask(admin, cases[i].line, "", text, sizeof text);
		cr_expect_eq(
		    strncmp(text + strlen("HTTP/1.1 "), cases[i].status, 3), 0,
		    "%s: %s", cases[i].line, text);
		cr_expect_not_null(
		    strstr(text, cases[i].has), "%s: %s", cases[i].line, text);
		body = strstr(text, "\r\n\r\n");
		cr_assert_not_null(body, "%s", cases[i].line);
		if (cases[i].body != NULL)
			cr_expect_str_eq(
			    body + 4, cases[i].body, "%s", cases[i].line);
	}
	admin_stop(&admin);
	cr_expect_null(admin);
	admin_stop(&admin);
}

Test(admin, it_is_not_ready_before_it_is_said_so)
{
	struct admin *admin = start("127.0.0.1:0");
	char text[1000];

	ask(admin, "GET /readyz", "", text, sizeof text);
	cr_expect_not_null(strstr(text, " 503 "), "%s", text);
	cr_expect_not_null(strstr(text, "\r\n\r\nstarting\n"), "%s", text);
	admin_stop(&admin);
}

Test(admin, a_connection_serves_one_probe_after_another)
{
	struct admin *admin = start("127.0.0.1:0");
	static const char request[] = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n";
	int fd = connect_to(admin);
	char text[1000];

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(write(fd, request, strlen(request)),
		    (ssize_t)strlen(request));
		answer(fd, "live\n", text, sizeof text);
		cr_expect_not_null(strstr(text, " 200 OK"), "%d: %s", i, text);
	}
	close(fd);
	admin_stop(&admin);
}

Test(admin, a_body_is_not_taken)
{
	struct admin *admin = start("127.0.0.1:0");
	char text[1000];

	ask(admin, "POST /livez", "Content-Length: 1000000000\r\n", text,
	    sizeof text);
	cr_expect_not_null(strstr(text, " 405 "), "%s", text);
	ask(admin, "POST /x", "Transfer-Encoding: chunked\r\n", text,
	    sizeof text);
	cr_expect_not_null(strstr(text, " 404 "), "%s", text);
	admin_stop(&admin);
}

Test(admin, a_second_one_on_the_address_is_refused_by_name)
{
	struct admin *first = start("127.0.0.1:0"), *second = NULL;
	struct err err = { 0 };
	char address[64];

	snprintf(address, sizeof address, "%s", admin_address(first));
	cr_expect(
	    !admin_start(&second, &(struct admin_options){ .address = address },
		NULL, account_of_test(), &err));
	cr_expect_null(second);
	cr_expect_eq(err.kind, ERR_HOST);
	cr_expect_not_null(strstr(err.text, address), "%s", err.text);
	cr_expect_not_null(strstr(err.text, "admin.address"), "%s", err.text);
	admin_stop(&first);

	/* and once it is gone, the address is free at once */
	first = start(address);
	cr_expect_str_eq(admin_address(first), address);
	admin_stop(&first);
}

Test(admin, an_address_that_this_machine_has_not_is_refused)
{
	struct admin *admin = NULL;
	struct err err = { 0 };
	char address[] = "192.0.2.1:0";

	cr_expect(
	    !admin_start(&admin, &(struct admin_options){ .address = address },
		NULL, account_of_test(), &err));
	cr_expect_not_null(strstr(err.text, "192.0.2.1:0"), "%s", err.text);
	cr_expect_not_null(strstr(err.text, "no such address"), "%s", err.text);
}

Test(admin, ipv6_is_an_address_too)
{
	struct admin *admin = NULL;
	struct err err = { 0 };
	char address[] = "[::1]:0";

	if (!admin_start(&admin, &(struct admin_options){ .address = address },
		NULL, account_of_test(), &err))
		cr_skip("no IPv6 here: %s", err.text);
	cr_expect_eq(strncmp(admin_address(admin), "[::1]:", 6), 0, "%s",
	    admin_address(admin));
	cr_expect_neq(atoi(admin_address(admin) + 6), 0);
	admin_stop(&admin);
}
