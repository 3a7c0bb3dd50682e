#include "tests/bench/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define BACKLOG 4096

_Noreturn void
serve_die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static struct sockaddr_in
address(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
}

int
serve_listen(uint16_t port)
{
	struct sockaddr_in at = address(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    listen(fd, BACKLOG) != 0)
		serve_die("listen");
	return fd;
}

int
serve_connect(uint16_t port)
{
	struct sockaddr_in at = address(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
		serve_die("connect");
	return fd;
}

size_t
serve_head(const char *at, size_t len)
{
	const char *end = memmem(at, len, "\r\n\r\n", 4);

	return end == NULL ? 0 : (size_t)(end - at) + 4;
}

uint64_t
serve_length(const char *head, size_t len)
{
	static const char name[] = "\ncontent-length:";
	size_t n = sizeof name - 1;

	for (size_t i = 0; i + n < len; i++)
		if (head[i] == '\n' && strncasecmp(head + i, name, n) == 0)
			return strtoull(head + i + n, NULL, 10);
	return 0;
}

void
serve_raise_limit(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) == 0) {
		most.rlim_cur = most.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &most);
	}
}
