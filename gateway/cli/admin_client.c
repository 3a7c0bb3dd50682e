#include "gateway/cli/admin_client.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "parsers/json/jvalid.h"
#include "parsers/json/jwalk.h"

#define TIMEOUT_S 5
#define PIECE     65536

#define REQUEST_MAX (16 << 10)

#define SCHEME "http://"

/* The address may be a URL from a browser: "http://host:port/". */
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
connect_to(const struct addrinfo *addresses, bool no_timeout)
{
	struct timeval timeout = { .tv_sec = no_timeout ? 0 : TIMEOUT_S };

	for (const struct addrinfo *p = addresses; p != NULL; p = p->ai_next) {
		int fd = socket(p->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd == -1)
			continue;
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
		if (connect(fd, p->ai_addr, p->ai_addrlen) == 0)
			return fd;
		close(fd);
	}
	return -1;
}

static bool
open_connection(
    const char *address, bool no_timeout, int *fd_out, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *addresses = NULL;
	struct span authority = authority_of(address);
	char text[300] = "", *host, *port;
	int found;

	if (authority.len < sizeof text)
		memcpy(text, authority.at, authority.len);
	if (!split(text, &host, &port))
		return err_set(err, ERR_INPUT, 0,
		    "%s: must be HOST:PORT or " SCHEME "HOST:PORT", address);
	found = getaddrinfo(host, port, &hints, &addresses);
	if (found != 0)
		return err_set(
		    err, ERR_INPUT, 0, "%s: %s", address, gai_strerror(found));
	*fd_out = connect_to(addresses, no_timeout);
	freeaddrinfo(addresses);
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

/* The message in the body of a refusal; "": there is none. */
static const char *
message_of(const char *body, char *out, size_t room)
{
	const struct jvalid_rules rules = { .max_depth = 0 };
	struct span text = span_of(body);
	struct jvalid_facts facts;

	out[0] = '\0';
	if (!jvalid_check(text.at, text.len, &rules, &facts))
		return out;
	return jwalk_text(jwalk_member(text, "message"), out, room);
}

static bool
refused(const char *address, long status, const char *body, struct err *err)
{
	char message[200];

	if (status == 401)
		return err_set(err, ERR_INPUT, 0,
		    "%s: the gateway asks for its admin token: --token-file "
		    "FILE",
		    address);
	if (status != 404 &&
	    message_of(body, message, sizeof message)[0] != '\0')
		return err_set(err, status == 409 ? ERR_BUSY : ERR_INPUT, 0,
		    "%s: %s", address, message);
	return err_set(err, ERR_INPUT, 0,
	    "%s: answers %ld; is it the admin address of a gateway?", address,
	    status);
}

/* Checks the status; `text` is the body alone then. */
static bool
read_answer(struct buffer *text, const char *address, struct err *err)
{
	char *body = text->len > 0 ? strstr(text->at, "\r\n\r\n") : NULL;
	long status;

	if (body == NULL || strncmp(text->at, "HTTP/1.1 ", 9) != 0)
		return err_set(err, ERR_BUSY, 0,
		    "%s: the answer is not complete", address);
	status = strtol(text->at + 9, NULL, 10);
	body += 4;
	if (status != 200)
		return refused(address, status, body, err);
	text->len -= (size_t)(body - text->at);
	memmove(text->at, body, text->len + 1);
	return true;
}

struct request {
	const char *address, *path, *token;
	const struct span *body; /* NULL: a GET */
};

static bool
write_request(struct buffer *out, const struct request *r)
{
	struct span host = authority_of(r->address);

	buffer_print(out,
	    "%s %s HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n",
	    r->body == NULL ? "GET" : "POST", r->path, (int)host.len, host.at);
	if (r->token != NULL)
		buffer_print(out, "Authorization: Bearer %s\r\n", r->token);
	if (r->body == NULL)
		return buffer_print(out, "\r\n");
	return buffer_print(out,
		   "Content-Type: application/json\r\n"
		   "Content-Length: %zu\r\n\r\n",
		   r->body->len) &&
	       buffer_append(out, r->body->at, r->body->len);
}

static bool
exchange(const struct request *r, struct buffer *body_out, struct err *err)
{
	struct buffer text;
	bool ok = false;
	int fd;

	if (!open_connection(r->address, r->body != NULL, &fd, err))
		return false;
	buffer_init(&text, REQUEST_MAX);
	buffer_reset(body_out);
	if (!write_request(&text, r) || !send_all(fd, &text) ||
	    !read_all(fd, body_out))
		err_set(err, ERR_BUSY, 0, "%s: no answer in time", r->address);
	else
		ok = read_answer(body_out, r->address, err);
	if (text.at != NULL)
		explicit_bzero(text.at, text.room);
	buffer_fini(&text);
	close(fd);
	return ok;
}

bool
admin_client_token(const char *path, char token[ADMIN_CLIENT_TOKEN_MAX])
{
	FILE *file = fopen(path, "re");

	if (file == NULL || fgets(token, ADMIN_CLIENT_TOKEN_MAX, file) == NULL)
		token[0] = '\0';
	if (file != NULL)
		fclose(file);
	token[strcspn(token, "\r\n")] = '\0';
	return token[0] != '\0';
}

bool
admin_client_get(const char *address, const char *path, const char *token,
    struct buffer *body_out, struct err *err)
{
	return exchange(
	    &(struct request){ address, path, token, NULL }, body_out, err);
}

bool
admin_client_post(const char *address, const char *path, const char *token,
    struct span body, struct buffer *body_out, struct err *err)
{
	return exchange(
	    &(struct request){ address, path, token, &body }, body_out, err);
}
