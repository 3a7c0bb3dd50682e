#include "gateway/admin/admin_port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64 /* probes, and people */

union record_ref {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static const struct {
	int error;
	const char *advice;
} advices[] = {
	{ EADDRINUSE, "is another gateway running? Stop it, or change "
		      "admin.address" },
	{ EADDRNOTAVAIL, "this machine has no such address; change "
			 "admin.address" },
	{ EACCES, "a port below 1024 needs a privilege; change "
		  "admin.address" },
};

static const char *
advice_on(int error)
{
	for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
		if (advices[i].error == error)
			return advices[i].advice;
	return "change admin.address";
}

static void
place_make(const struct address *a, union record_ref *place, socklen_t *len)
{
	memset(place, 0, sizeof *place);
	if (a->v6) {
		place->v6.sin6_family = AF_INET6;
		place->v6.sin6_port = htons(a->port);
		inet_pton(AF_INET6, a->host, &place->v6.sin6_addr);
		*len = sizeof place->v6;
	} else {
		place->v4.sin_family = AF_INET;
		place->v4.sin_port = htons(a->port);
		inet_pton(AF_INET, a->host, &place->v4.sin_addr);
		*len = sizeof place->v4;
	}
}

static void
place_print(const union record_ref *place, char text[ADMIN_PORT_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN] = "";

	if (place->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &place->v6.sin6_addr, host, sizeof host);
		snprintf(text, ADMIN_PORT_TEXT_MAX, "[%s]:%u", host,
		    ntohs(place->v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &place->v4.sin_addr, host, sizeof host);
		snprintf(text, ADMIN_PORT_TEXT_MAX, "%s:%u", host,
		    ntohs(place->v4.sin_port));
	}
}

bool
admin_port_open(const char *address, int *fd_out,
    char text_out[ADMIN_PORT_TEXT_MAX], struct err *err)
{
	union record_ref place;
	struct address a;
	socklen_t len;
	int fd, on = 1;
	bool ok;

	if (!address_parse(address, &a, err))
		return false;
	place_make(&a, &place, &len);
	fd = socket(
	    place.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/*
	 * SO_REUSEADDR lets a restart not wait until old connections are
	 * forgotten; two listeners it does not allow.
	 */
	ok = fd != -1 &&
	     setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	     bind(fd, &place.any, len) == 0 && listen(fd, BACKLOG) == 0 &&
	     getsockname(fd, &place.any, &len) == 0;
	if (!ok) {
		err_set(err, ERR_HOST, 0, "cannot listen on %s: %s: %s",
		    address, strerror(errno), advice_on(errno));
		if (fd != -1)
			close(fd);
		return false;
	}
	place_print(&place, text_out);
	*fd_out = fd;
	return true;
}
