#include "gateway/ask.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 5
#define PIECE      65536

#define SCHEME "http://"

/* As a browser's address line has it: "http://host:port/". */
static struct span
authority_of(const char *address)
{
	struct span all = span_of(address);

	if (strncasecmp(address, SCHEME, strlen(SCHEME)) != 0)
		return all;
	all = span_of(address + strlen(SCHEME));
	if (all.len > 0 && all.at[all.len - 1] == '/')
		all.len--;
	return all;
}

/* "host:port" or "[v6]:port", taken apart in `text`. */
static bool
split(char *text, char **host_out, char **port_out)
{
	char *colon = strrchr(text, ':');

	if (strchr(text, '/') != NULL || colon == NULL || colon == text)
		return false;
	*colon = '\0';
	*port_out = colon + 1;
	*host_out = text;
	if (text[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		*host_out = text + 1;
	}
	return **port_out != '\0';
}

static int
connect_to(const struct addrinfo *places)
{
	struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = -1;

	for (const struct addrinfo *p = places; p != NULL; p = p->ai_next) {
		fd = socket(p->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd == -1)
			continue;
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
		if (connect(fd, p->ai_addr, p->ai_addrlen) == 0)
			return fd;
		close(fd);
		fd = -1;
	}
	return -1;
}

static bool
reach(const char *address, int *fd_out, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *places = NULL;
	struct span authority = authority_of(address);
	char text[300] = "", *host, *port;
	int found;

	if (authority.len < sizeof text)
		memcpy(text, authority.at, authority.len);
	if (!split(text, &host, &port))
		return err_set(err, ERR_INPUT, 0,
		    "%s: must be HOST:PORT or " SCHEME "HOST:PORT", address);
	found = getaddrinfo(host, port, &hints, &places);
	if (found != 0)
		return err_set(
		    err, ERR_INPUT, 0, "%s: %s", address, gai_strerror(found));
	*fd_out = connect_to(places);
	freeaddrinfo(places);
	if (*fd_out == -1)
		return err_set(err, ERR_BUSY, 0,
		    "%s: %s; is a gateway running there (admin.address)?",
		    address, strerror(errno));
	return true;
}

static bool
send_all(int fd, const struct buffer *text)
{
	size_t sent = 0;
	ssize_t n;

	while (sent < text->len) {
		n = send(fd, text->at + sent, text->len - sent, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		sent += (size_t)n;
	}
	return true;
}

static bool
read_all(int fd, struct buffer *text)
{
	char piece[PIECE];
	ssize_t n;

	while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
		if (!buffer_append(text, piece, (size_t)n))
			return false;
	return n == 0;
}

/* The head goes; what is left is the body. */
static bool
open_answer(struct buffer *text, const char *address, struct err *err)
{
	char *body = text->len > 0 ? strstr(text->at, "\r\n\r\n") : NULL;
	long status;

	if (body == NULL || strncmp(text->at, "HTTP/1.1 ", 9) != 0)
		return err_set(
		    err, ERR_BUSY, 0, "%s: no answer that is whole", address);
	status = strtol(text->at + 9, NULL, 10);
	if (status == 401)
		return err_set(err, ERR_INPUT, 0,
		    "%s: the gateway asks for its admin token: --token-file "
		    "FILE",
		    address);
	if (status != 200)
		return err_set(err, ERR_INPUT, 0,
		    "%s: answers %ld; is it the admin address of a gateway?",
		    address, status);
	body += 4;
	text->len -= (size_t)(body - text->at);
	memmove(text->at, body, text->len + 1);
	return true;
}

bool
ask_get(const char *address, const char *path, const char *token,
    struct buffer *body_out, struct err *err)
{
	struct span authority = authority_of(address);
	struct buffer request;
	bool ok = false;
	int fd;

	if (!reach(address, &fd, err))
		return false;
	buffer_init(&request, 8192);
	buffer_print(&request,
	    "GET %s HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n", path,
	    (int)authority.len, authority.at);
	if (token != NULL)
		buffer_print(&request, "Authorization: Bearer %s\r\n", token);
	buffer_reset(body_out);
	if (!buffer_print(&request, "\r\n") || !send_all(fd, &request) ||
	    !read_all(fd, body_out))
		err_set(err, ERR_BUSY, 0, "%s: no answer in time", address);
	else
		ok = open_answer(body_out, address, err);
	if (request.at != NULL)
		explicit_bzero(request.at, request.room);
	buffer_fini(&request);
	close(fd);
	return ok;
}
