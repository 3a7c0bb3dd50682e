/*
 * liar - an HTTP server on loopback that breaks the protocol as a test wants.
 *
 * A test gives it a function that serves one connection, by hand: it reads
 * requests with liar_read, writes any bytes, and resets the connection, closes
 * it or sends nothing.  The server counts the requests: only the receiver knows
 * how many were sent.
 *
 * Whole in its header, so that a test needs no library of ours to link.
 *
 * Ownership	liar_start fills, liar_stop empties; at most
 *		LIAR_CONNECTIONS_MAX connections in its life.
 * Threads	one that accepts and one a connection; the counters are atomic,
 *		`head` and `body` are the last request's, to be read when the
 *		server is idle.
 * Errors	abort.
 */
#ifndef TESTS_SUPPORT_LIAR_H
#define TESTS_SUPPORT_LIAR_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIAR_CONNECTIONS_MAX 64
#define LIAR_BODY_MAX        (4 << 20)

struct liar;

struct liar_connection {
	struct liar *liar;
	int fd;
	int nth; /* 1 is the first */
	pthread_t thread;
};

struct liar {
	void (*serve)(struct liar_connection *);
	int fd;
	int port;
	pthread_t thread;
	struct liar_connection all[LIAR_CONNECTIONS_MAX];
	atomic_int connections, requests;
	atomic_size_t written;
	pthread_mutex_t lock;
	char head[16384];
	char *body;
	size_t body_len;
};

/* False when the other side closed; else written is what went out in all. */
static inline bool
liar_write(struct liar_connection *c, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = send(c->fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		atomic_fetch_add(&c->liar->written, (size_t)n);
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static inline bool
liar_say(struct liar_connection *c, const char *text)
{
	return liar_write(c, text, strlen(text));
}

/* Reads the head byte by byte: nothing behind it is taken. */
static inline bool
liar_read_head(struct liar_connection *c, char *head, size_t room)
{
	size_t len = 0;

	while (len < room - 1) {
		if (recv(c->fd, head + len, 1, 0) != 1)
			return false;
		head[++len] = '\0';
		if (len >= 4 && strcmp(head + len - 4, "\r\n\r\n") == 0)
			return true;
	}
	return false;
}

/* A whole request with Content-Length; false: none came any more. */
static inline bool
liar_read(struct liar_connection *c)
{
	struct liar *liar = c->liar;
	char head[sizeof liar->head], *body;
	const char *length;
	size_t want = 0, len = 0;
	ssize_t n = 1;

	if (!liar_read_head(c, head, sizeof head))
		return false;
	length = strcasestr(head, "\r\nContent-Length:");
	if (length != NULL)
		want = strtoul(length + 17, NULL, 10);
	if (want > LIAR_BODY_MAX)
		abort();
	body = malloc(want + 1);
	while (len < want && n > 0) {
		n = recv(c->fd, body + len, want - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	body[len] = '\0';
	pthread_mutex_lock(&liar->lock);
	strcpy(liar->head, head);
	free(liar->body);
	liar->body = body;
	liar->body_len = len;
	pthread_mutex_unlock(&liar->lock);
	if (len == want)
		atomic_fetch_add(&liar->requests, 1);
	return len == want;
}

/* Says nothing until the other side gives up. */
static inline void
liar_stare(struct liar_connection *c)
{
	char bytes[4096];

	while (recv(c->fd, bytes, sizeof bytes, 0) > 0)
		;
}

/* What follows is an RST instead of a FIN. */
static inline void
liar_reset(struct liar_connection *c)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static inline void *
liar_serve(void *arg)
{
	struct liar_connection *c = arg;
	int fd = c->fd;

	c->liar->serve(c);
	pthread_mutex_lock(&c->liar->lock);
	c->fd = -1;
	close(fd);
	pthread_mutex_unlock(&c->liar->lock);
	return NULL;
}

static inline void *
liar_accept(void *arg)
{
	struct liar *liar = arg;
	int fd;

	while ((fd = accept(liar->fd, NULL, NULL)) != -1) {
		int n = atomic_fetch_add(&liar->connections, 1);
		struct liar_connection *c = &liar->all[n];

		if (n == LIAR_CONNECTIONS_MAX)
			abort();
		*c = (struct liar_connection){ liar, fd, n + 1, 0 };
		pthread_create(&c->thread, NULL, liar_serve, c);
	}
	return NULL;
}

static inline void
liar_start(struct liar *liar, void (*serve)(struct liar_connection *))
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;

	memset(liar, 0, sizeof *liar);
	liar->serve = serve;
	pthread_mutex_init(&liar->lock, NULL);
	liar->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(liar->fd, (struct sockaddr *)&address, len) != 0 ||
	    listen(liar->fd, 64) != 0 ||
	    getsockname(liar->fd, (struct sockaddr *)&address, &len) != 0)
		abort();
	liar->port = ntohs(address.sin_port);
	pthread_create(&liar->thread, NULL, liar_accept, liar);
}

static inline void
liar_stop(struct liar *liar)
{
	shutdown(liar->fd, SHUT_RDWR);
	pthread_join(liar->thread, NULL);
	close(liar->fd);
	for (int i = 0; i < atomic_load(&liar->connections); i++) {
		pthread_mutex_lock(&liar->lock);
		if (liar->all[i].fd != -1)
			shutdown(liar->all[i].fd, SHUT_RDWR);
		pthread_mutex_unlock(&liar->lock);
		pthread_join(liar->all[i].thread, NULL);
	}
	free(liar->body);
	pthread_mutex_destroy(&liar->lock);
}

#endif
