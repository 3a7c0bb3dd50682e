#include "gateway/base/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parsers/address.h"

/* More connects at once than this wait in their clients' kernels. */
#define BACKLOG 1024

/* Numbers need no look-up, so only lack of memory can fail here. */
static bool
resolve(const char *text, struct sockaddr_storage *out, socklen_t *len_out,
    struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	struct address address;
	char port[8];
	int code;

	if (!address_parse(text, &address, err))
		return false;
	snprintf(port, sizeof port, "%u", address.port);
	code = getaddrinfo(address.host, port, &hints, &found);
	if (code != 0)
		return err_set(
		    err, ERR_HOST, 0, "%s: %s", text, gai_strerror(code));
	memcpy(out, found->ai_addr, found->ai_addrlen);
	*len_out = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static const char *
advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "another process, perhaps another gateway, serves "
		       "there; stop it or change ";
	case EADDRNOTAVAIL:
		return "this machine has no such address; change ";
	case EACCES:
		return "ports below 1024 need a privilege; change ";
	default:
		return "change ";
	}
}

static bool
set(int fd, int option)
{
	int on = 1;

	return setsockopt(fd, SOL_SOCKET, option, &on, sizeof on) == 0;
}

/* SO_REUSEADDR: a restart need not wait until old connections are forgotten. */
static bool
open_one(int *fd_out, const struct sockaddr_storage *at, socklen_t len,
    bool join, bool shared)
{
	int fd = socket(
	    at->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd == -1)
		return false;
	if (set(fd, SO_REUSEADDR) && (!join || set(fd, SO_REUSEPORT)) &&
	    bind(fd, (const void *)at, len) == 0 && listen(fd, BACKLOG) == 0 &&
	    (!shared || set(fd, SO_REUSEPORT))) {
		*fd_out = fd;
		return true;
	}
	error = errno;
	close(fd);
	errno = error;
	return false;
}

static void
print(const struct sockaddr_storage *at, char out[LISTENER_ADDRESS_MOST])
{
	const struct sockaddr_in6 *six = (const void *)at;
	const struct sockaddr_in *four = (const void *)at;
	char host[INET6_ADDRSTRLEN] = "";

	if (at->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
		snprintf(out, LISTENER_ADDRESS_MOST, "[%s]:%u", host,
		    ntohs(six->sin6_port));
		return;
	}
	inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
	snprintf(
	    out, LISTENER_ADDRESS_MOST, "%s:%u", host, ntohs(four->sin_port));
}

bool
listener_open(const char *key, const char *address, int *fds, size_t count,
    char real_out[LISTENER_ADDRESS_MOST], struct err *err)
{
	struct sockaddr_storage at = { 0 };
	socklen_t len;
	size_t n = 0;

	if (!resolve(address, &at, &len, err))
		return false;
	while (n < count && open_one(&fds[n], &at, len, n > 0, count > 1)) {
		/* The others must join the port that the first was given. */
		if (n++ == 0)
			(void)getsockname(fds[0], (void *)&at, &len);
	}
	if (n == count) {
		print(&at, real_out);
		return true;
	}
	err_set(err, ERR_HOST, 0, "cannot listen on %s: %s: %s%s", address,
	    strerror(errno), advice(errno), key);
	while (n > 0)
		close(fds[--n]);
	return false;
}
