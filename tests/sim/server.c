#include "tests/sim/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/connection.h"

#define BACKLOG   1024
#define EVENTS    256
#define FLUSH_MS  200 /* a recorded event is in the file so soon */
#define HOST_MAX  64
#define PORT_TEXT 8

/* "127.0.0.1:9400" or "[::1]:0", as numbers: a name would be looked up. */
static bool
split_address(const char *listen, char *host, char *port)
{
	const char *colon = strrchr(listen, ':');
	size_t len = colon != NULL ? (size_t)(colon - listen) : 0;

	if (len == 0 || len >= HOST_MAX || strlen(colon + 1) >= PORT_TEXT)
		return false;
	if (listen[0] == '[' && listen[len - 1] == ']') {
		listen++;
		len -= 2;
	}
	memcpy(host, listen, len);
	host[len] = '\0';
	strcpy(port, colon + 1);
	return true;
}

static bool
bind_to(struct server *s, const struct addrinfo *at, struct err *err)
{
	int on = 1;

	s->listener = socket(
	    at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->listener < 0 ||
	    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
	    bind(s->listener, at->ai_addr, at->ai_addrlen) != 0 ||
	    listen(s->listener, BACKLOG) != 0)
		return err_set(
		    err, ERR_HOST, 0, "cannot listen: %s", strerror(errno));
	return true;
}

static bool
listen_at(struct server *s, const char *listen, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *found = NULL;
	char host[HOST_MAX], port[PORT_TEXT];
	bool ok;

	if (!split_address(listen, host, port) ||
	    getaddrinfo(host, port, &hints, &found) != 0)
		return err_set(err, ERR_INPUT, 0,
		    "--listen: must be like 127.0.0.1:9400 or [::1]:0");
	ok = bind_to(s, found, err);
	freeaddrinfo(found);
	return ok;
}

static bool
name_address(struct server *s, struct err *err)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	char host[HOST_MAX], port[PORT_TEXT];

	if (getsockname(s->listener, (struct sockaddr *)&at, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port,
		sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return err_set(
		    err, ERR_HOST, 0, "getsockname: %s", strerror(errno));
	snprintf(s->address, sizeof s->address,
	    strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
	return true;
}

static bool
watch(struct server *s, int fd, void *mark)
{
	struct epoll_event want = { .events = EPOLLIN, .data.ptr = mark };

	return fd >= 0 && epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &want) == 0;
}

static void
raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void
look_at_clock(struct server *s)
{
	struct tm tm;
	time_t t;

	s->now = moment_now(s->sim->ahead_ms);
	if (s->now.wall_ms / MS_PER_S == s->date_s)
		return;
	s->date_s = s->now.wall_ms / MS_PER_S;
	t = s->date_s;
	gmtime_r(&t, &tm);
	strftime(s->date, sizeof s->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

bool
server_open(
    struct server *s, struct sim *sim, const char *listen, struct err *err)
{
	sigset_t ends;

	*s = (struct server){
		.sim = sim, .epoll = -1, .listener = -1, .signals = -1
	};
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	raise_file_limit();
	s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->signals = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
	if (!listen_at(s, listen, err) || !name_address(s, err))
		return false;
	if (!watch(s, s->listener, &s->listener) ||
	    !watch(s, s->signals, &s->signals))
		return err_set(err, ERR_HOST, 0, "epoll: %s", strerror(errno));
	look_at_clock(s);
	return true;
}

/* No file is left: take the caller in and show it out, or it would ring on. */
static void
turn_away(struct server *s)
{
	close(s->spare);
	close(accept(s->listener, NULL, NULL));
	s->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
accept_all(struct server *s)
{
	int on = 1, fd;

	for (;;) {
		fd = accept4(
		    s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE))
			turn_away(s);
		if (fd < 0)
			return;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		connection_open(s, fd);
	}
}

static void
wake_due(struct server *s)
{
	struct timer *timer;

	while ((timer = timers_due(&s->timers, s->now.mono_ms)) != NULL)
		connection_due(s, timer);
}

static int
wait_ms(const struct server *s)
{
	int wait = timers_wait_ms(&s->timers, s->now.mono_ms);

	if (s->sim->keep.record != NULL && (wait < 0 || wait > FLUSH_MS))
		wait = FLUSH_MS;
	return wait;
}

static void
flush_record(struct server *s)
{
	if (s->now.mono_ms - s->flushed_ms < FLUSH_MS)
		return;
	s->flushed_ms = s->now.mono_ms;
	keep_flush(&s->sim->keep);
}

/* False when it is time to end. */
static bool
handle(struct server *s, const struct epoll_event *e)
{
	if (e->data.ptr == &s->signals)
		return false;
	if (e->data.ptr == &s->listener)
		accept_all(s);
	else
		connection_ready(s, e->data.ptr, e->events);
	return true;
}

void
server_run(struct server *s)
{
	struct epoll_event events[EVENTS];
	int n;

	for (;;) {
		n = epoll_wait(s->epoll, events, EVENTS, wait_ms(s));
		look_at_clock(s);
		for (int i = 0; i < n; i++)
			if (!handle(s, &events[i]))
				return;
		wake_due(s);
		flush_record(s);
	}
}

void
server_fini(struct server *s)
{
	const int fds[] = { s->listener, s->signals, s->spare, s->epoll };

	connection_free_all(s);
	timers_fini(&s->timers);
	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}
