/*
 * bench_sink - an upstream that answers at once.
 *
 *	bench_sink PORT
 *
 * Every POST gets a 200 as soon as its body is in; bodies are thrown away in
 * the kernel, unseen.  It does as little as can be done, because it shares a
 * core with the load.  GET tells what came so far:
 *
 *	{"calls": N, "bytes": N}
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/serve.h"

#define READ_BYTES  (256 << 10)
#define EVENTS_MOST 256

struct peer {
	int fd;
	uint64_t body; /* bytes of the body that are still to come */
	bool in_body;
	size_t len;
	char head[8192];
};

static struct {
	uint64_t calls, bytes;
} counts;

static void
say(struct peer *p, const char *text, size_t len)
{
	/* Answers are small, and who asks waits for them: they fit. */
	if (send(p->fd, text, len, MSG_NOSIGNAL) < 0 && errno != EPIPE &&
	    errno != ECONNRESET)
		serve_die("send");
}

static void
tell(struct peer *p)
{
	char body[80], all[200];
	int n = snprintf(body, sizeof body,
	    "{\"calls\": %llu, \"bytes\": %llu}",
	    (unsigned long long)counts.calls, (unsigned long long)counts.bytes);
	int len = snprintf(all, sizeof all,
	    "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", n, body);

	say(p, all, (size_t)len);
}

static void
accept_call(struct peer *p)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

	counts.calls++;
	p->in_body = false;
	say(p, ok, sizeof ok - 1);
}

/* What stands in the buffer: heads, and beginnings of bodies. */
static void
take_heads(struct peer *p)
{
	size_t head, part;

	while (!p->in_body && (head = serve_head(p->head, p->len)) > 0) {
		if (p->head[0] == 'G') {
			tell(p);
			p->len = 0;
			return;
		}
		p->body = serve_length(p->head, head);
		p->in_body = true;
		part = p->len - head;
		if (part > p->body)
			part = (size_t)p->body;
		counts.bytes += part;
		p->body -= part;
		p->len -= head + part;
		memmove(p->head, p->head + head + part, p->len);
		if (p->body == 0)
			accept_call(p);
	}
}

/* With MSG_TRUNC the kernel drops the bytes instead of copying them. */
static ssize_t
take(struct peer *p)
{
	ssize_t n;

	if (p->in_body) {
		n = recv(p->fd, NULL,
		    p->body < READ_BYTES ? (size_t)p->body : READ_BYTES,
		    MSG_TRUNC);
		if (n > 0) {
			counts.bytes += (uint64_t)n;
			p->body -= (uint64_t)n;
			if (p->body == 0)
				accept_call(p);
		}
		return n;
	}
	n = recv(p->fd, p->head + p->len, sizeof p->head - p->len, 0);
	if (n > 0) {
		p->len += (size_t)n;
		take_heads(p);
	}
	return n;
}

static void
serve(struct peer *p)
{
	ssize_t n;

	do
		n = take(p);
	while (n > 0 && p->in_body);
	if (n > 0 || (n < 0 && errno == EAGAIN))
		return;
	close(p->fd);
	free(p);
}

static void
welcome(int epoll, int listener)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct peer *p;
	int fd, yes = 1;

	while ((fd = accept4(listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
		p = calloc(1, sizeof *p);
		if (p == NULL)
			serve_die("calloc");
		p->fd = fd;
		event.data.ptr = p;
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
			serve_die("epoll_ctl");
	}
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS_MOST];
	struct epoll_event first = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC), listener, n;

	if (argc != 2)
		return fputs("usage: bench_sink PORT\n", stderr), 2;
	serve_raise_limit();
	listener = serve_listen((uint16_t)atoi(argv[1]));
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &first) != 0)
		serve_die("epoll_ctl");
	for (;;) {
		n = epoll_wait(epoll, events, EVENTS_MOST, -1);
		for (int i = 0; i < n; i++)
			if (events[i].data.ptr == NULL)
				welcome(epoll, listener);
			else
				serve(events[i].data.ptr);
	}
}
