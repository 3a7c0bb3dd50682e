/*
 * bench_arrive - requests that come when they come, not when we are ready.
 *
 *	bench_arrive PORT CONNECTIONS RATE SECONDS BODY [TABLES]
 *	bench_arrive PORT CONNECTIONS hold BODY
 *
 * A client that waits for an answer before it asks again measures a slow
 * server seldom and a fast one often.  Here request i is due at i / RATE, on
 * whichever connection is free, and its time counts from when it was due, also
 * when it had to wait for a connection.  The first second is not counted.
 * TABLES tables, /v1/events/t0 and on, take turns.  Tells, as JSON: how many
 * were answered with what, and the times in microseconds.
 *
 * With `hold` each connection sends one request, is answered, and stays until
 * standard input ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/serve.h"

#define NS_PER_S    INT64_C(1000000000)
#define EVENTS_MOST 256
#define BODY_MOST   (1 << 20)
#define END_S       10 /* to wait for the last answers */
#define AT_ONCE     64 /* requests, of those that then hold */

struct request {
	char *at;
	size_t len;
};

struct conn {
	int fd;
	int64_t due; /* of the request under way */
	struct conn *next_free;
	size_t sent, got;
	const struct request *request;
	char answer[4096];
};

struct client {
	uint16_t port;
	struct request *requests;
	uint32_t tables;
	struct conn *conns, *free;
	uint32_t count;
	int epoll;
	uint64_t begun, ended;
	int64_t from; /* what is due before is not counted */
	uint32_t *times_us, *late_us;
	uint64_t timed, room;
	uint64_t ok, busy, other, lost;
};

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void
make_requests(struct client *c, const char *path)
{
	static char body[BODY_MOST];
	FILE *file = fopen(path, "rb");
	size_t len;

	if (file == NULL)
		serve_die(path);
	len = fread(body, 1, sizeof body, file);
	fclose(file);
	c->requests = calloc(c->tables, sizeof *c->requests);
	for (uint32_t i = 0; c->requests != NULL && i < c->tables; i++) {
		struct request *r = &c->requests[i];
		char head[256];
		int n = snprintf(head, sizeof head,
		    "POST /v1/events/t%u HTTP/1.1\r\nHost: bench\r\n"
		    "Content-Length: %zu\r\n\r\n",
		    i, len);

		r->len = (size_t)n + len;
		r->at = malloc(r->len);
		if (r->at == NULL)
			serve_die("malloc");
		memcpy(r->at, head, (size_t)n);
		memcpy(r->at + n, body, len);
	}
}

static void
open_conn(struct client *c, struct conn *conn)
{
	struct epoll_event event = { .events = EPOLLIN };

	conn->fd = serve_connect(c->port);
	fcntl(conn->fd, F_SETFL, O_NONBLOCK);
	event.data.ptr = conn;
	if (epoll_ctl(c->epoll, EPOLL_CTL_ADD, conn->fd, &event) != 0)
		serve_die("epoll_ctl");
}

static void
set_free(struct client *c, struct conn *conn)
{
	conn->request = NULL;
	conn->next_free = c->free;
	c->free = conn;
}

static void
open_all(struct client *c)
{
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->conns = calloc(c->count, sizeof *c->conns);
	if (c->conns == NULL)
		serve_die("calloc");
	for (uint32_t i = 0; i < c->count; i++) {
		open_conn(c, &c->conns[i]);
		set_free(c, &c->conns[i]);
	}
}

/* The server closed it: with a request of ours, or because it was idle. */
static void
reopen(struct client *c, struct conn *conn)
{
	close(conn->fd);
	conn->got = 0;
	open_conn(c, conn);
	if (conn->request == NULL)
		return;
	c->lost++;
	c->ended++;
	set_free(c, conn);
}

static void
push(struct client *c, struct conn *conn)
{
	const struct request *r = conn->request;
	struct epoll_event event = { .events = EPOLLIN };
	ssize_t n = send(
	    conn->fd, r->at + conn->sent, r->len - conn->sent, MSG_NOSIGNAL);

	if (n > 0)
		conn->sent += (size_t)n;
	if (conn->sent < r->len)
		event.events |= EPOLLOUT;
	else if ((size_t)n == r->len)
		return; /* at once, as nearly always */
	event.data.ptr = conn;
	(void)epoll_ctl(c->epoll, EPOLL_CTL_MOD, conn->fd, &event);
}

static void
begin(struct client *c, int64_t due)
{
	struct conn *conn = c->free;
	int64_t late = now_ns() - due;

	c->free = conn->next_free;
	conn->due = due;
	conn->sent = conn->got = 0;
	conn->request = &c->requests[c->begun++ % c->tables];
	if (due >= c->from && c->timed < c->room)
		c->late_us[c->timed] = (uint32_t)(late / 1000);
	push(c, conn);
}

static void
count(struct client *c, struct conn *conn)
{
	int status = atoi(conn->answer + 9);

	c->ok += status == 200;
	c->busy += status == 429;
	c->other += status != 200 && status != 429;
	if (conn->due >= c->from && c->timed < c->room)
		c->times_us[c->timed++] =
		    (uint32_t)((now_ns() - conn->due) / 1000);
	c->ended++;
	set_free(c, conn);
}

static void
take(struct client *c, struct conn *conn)
{
	ssize_t n = recv(conn->fd, conn->answer + conn->got,
	    sizeof conn->answer - 1 - conn->got, 0);
	size_t head;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		reopen(c, conn);
		return;
	}
	conn->got += (size_t)n;
	conn->answer[conn->got] = '\0';
	head = serve_head(conn->answer, conn->got);
	if (head > 0 && conn->got - head >= serve_length(conn->answer, head))
		count(c, conn);
}

static void
poll_until(struct client *c, int64_t until)
{
	struct epoll_event events[EVENTS_MOST];
	int64_t ns = until - now_ns();
	struct timespec wait = { ns > 0 ? ns / NS_PER_S : 0,
		ns > 0 ? ns % NS_PER_S : 0 };
	int n = epoll_pwait2(c->epoll, events, EVENTS_MOST, &wait, NULL);

	for (int i = 0; i < n; i++) {
		struct conn *conn = events[i].data.ptr;

		if (events[i].events & EPOLLOUT)
			push(c, conn);
		if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			take(c, conn);
	}
}

static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
tell_times(const char *name, uint32_t *times, uint64_t n)
{
	static const struct {
		const char *name;
		double part;
	} points[] = { { "p50", .5 }, { "p90", .9 }, { "p99", .99 },
		{ "p999", .999 }, { "max", 1 } };

	qsort(times, n, sizeof *times, by_size);
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
		printf(", \"%s%s\": %u", name, points[i].name,
		    n == 0
			? 0
			: times[(uint64_t)((double)(n - 1) * points[i].part)]);
}

static void
tell(struct client *c)
{
	printf("{\"begun\": %llu, \"ended\": %llu, \"ok\": %llu, "
	       "\"busy\": %llu, \"other\": %llu, \"lost\": %llu",
	    (unsigned long long)c->begun, (unsigned long long)c->ended,
	    (unsigned long long)c->ok, (unsigned long long)c->busy,
	    (unsigned long long)c->other, (unsigned long long)c->lost);
	tell_times("", c->times_us, c->timed);
	tell_times("late_", c->late_us, c->timed);
	printf("}\n");
}

static void
run(struct client *c, double rate, double seconds)
{
	int64_t start = now_ns(), due = start;
	uint64_t all = (uint64_t)(rate * seconds);
	int64_t end;

	c->from = start + NS_PER_S;
	c->room = all + 1;
	c->times_us = calloc(c->room, sizeof *c->times_us);
	c->late_us = calloc(c->room, sizeof *c->late_us);
	if (c->times_us == NULL || c->late_us == NULL)
		serve_die("calloc");
	while (c->begun < all) {
		due = start + (int64_t)((double)c->begun * 1e9 / rate);
		if (c->free != NULL && due <= now_ns())
			begin(c, due);
		else
			poll_until(
			    c, c->free != NULL ? due : now_ns() + NS_PER_S);
	}
	end = now_ns() + END_S * NS_PER_S;
	while (c->ended < c->begun && now_ns() < end)
		poll_until(c, end);
	tell(c);
}

static void
hold(struct client *c)
{
	char byte;

	while (c->begun < c->count) {
		if (c->begun < c->ended + AT_ONCE) {
			c->free = &c->conns[c->begun];
			begin(c, now_ns());
		} else {
			poll_until(c, now_ns() + NS_PER_S);
		}
	}
	while (c->ended < c->begun)
		poll_until(c, now_ns() + NS_PER_S);
	tell(c);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

int
main(int argc, char **argv)
{
	struct client c = { .tables = 1, .from = INT64_MAX };
	bool holds = argc == 5 && strcmp(argv[3], "hold") == 0;

	if (!holds && argc != 6 && argc != 7)
		return fputs("usage: bench_arrive PORT CONNECTIONS RATE "
			     "SECONDS BODY [TABLES]\n",
			   stderr),
		       2;
	serve_raise_limit();
	c.port = (uint16_t)atoi(argv[1]);
	c.count = (uint32_t)atoi(argv[2]);
	if (argc == 7)
		c.tables = (uint32_t)atoi(argv[6]);
	make_requests(&c, argv[holds ? 4 : 5]);
	open_all(&c);
	if (holds)
		hold(&c);
	else
		run(&c, atof(argv[3]), atof(argv[4]));
	return 0;
}
