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

#define PATIENCE_S 5
#define PIECE      65536

#define REQUEST_MAX (16 << 10)

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
connect_to(const struct addrinfo *places, bool waits)
{
	struct timeval patience = { .tv_sec = waits ? 0 : PATIENCE_S };
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
reach(const char *address, bool waits, int *fd_out, struct err *err)
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
	*fd_out = connect_to(places, waits);
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

/* What the gateway itself says of a refusal; "": nothing. */
static const char *
own_words(const char *body, char *out, size_t room)
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
	char words[200];

	if (status == 401)
		return err_set(err, ERR_INPUT, 0,
		    "%s: the gateway asks for its admin token: --token-file "
		    "FILE",
		    address);
	if (status != 404 && own_words(body, words, sizeof words)[0] != '\0')
		return err_set(err, status == 409 ? ERR_BUSY : ERR_INPUT, 0,
		    "%s: %s", address, words);
	return err_set(err, ERR_INPUT, 0,
	    "%s: answers %ld; is it the admin address of a gateway?", address,
	    status);
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
	body += 4;
	if (status != 200)
		return refused(address, status, body, err);
	text->len -= (size_t)(body - text->at);
	memmove(text->at, body, text->len + 1);
	return true;
}

struct question {
	const char *address, *path, *token;
	const struct span *body; /* NULL: a GET */
};

static bool
put_question(struct buffer *out, const struct question *q)
{
	struct span host = authority_of(q->address);

	buffer_print(out,
	    "%s %s HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n",
	    q->body == NULL ? "GET" : "POST", q->path, (int)host.len, host.at);
	if (q->token != NULL)
		buffer_print(out, "Authorization: Bearer %s\r\n", q->token);
	if (q->body == NULL)
		return buffer_print(out, "\r\n");
	return buffer_print(out,
		   "Content-Type: application/json\r\n"
		   "Content-Length: %zu\r\n\r\n",
		   q->body->len) &&
	       buffer_append(out, q->body->at, q->body->len);
}

static bool
admin_client(const struct question *q, struct buffer *body_out, struct err *err)
{
	struct buffer request;
	bool ok = false;
	int fd;

	if (!reach(q->address, q->body != NULL, &fd, err))
		return false;
	buffer_init(&request, REQUEST_MAX);
	buffer_reset(body_out);
	if (!put_question(&request, q) || !send_all(fd, &request) ||
	    !read_all(fd, body_out))
		err_set(err, ERR_BUSY, 0, "%s: no answer in time", q->address);
	else
		ok = open_answer(body_out, q->address, err);
	if (request.at != NULL)
		explicit_bzero(request.at, request.room);
	buffer_fini(&request);
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
	return admin_client(
	    &(struct question){ address, path, token, NULL }, body_out, err);
}

bool
admin_client_post(const char *address, const char *path, const char *token,
    struct span body, struct buffer *body_out, struct err *err)
{
	return admin_client(
	    &(struct question){ address, path, token, &body }, body_out, err);
}
