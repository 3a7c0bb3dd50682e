/*
 * bench_bare - the library alone: libmicrohttpd that takes a body and answers.
 *
 *	bench_bare PORT
 *
 * With the same options, and driven in the same way, as the gateway's workers:
 * external epoll, the same memory for a connection.  The body is copied to a
 * buffer of its own, then comes a small 200.  What the gateway costs above
 * this is the gateway's own doing.
 */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "tests/bench/serve.h"

#define POOL_BYTES  (32 << 10) /* the library's default */
#define IDLE_S      120
#define CONNECTIONS 20000

struct body {
	size_t len, room;
	char *at;
};

static struct MHD_Response *answer;

static bool
append(struct body *body, const char *bytes, size_t len)
{
	size_t room = body->len + len;
	char *at = body->at;

	if (room > body->room) {
		at = realloc(at, room);
		if (at == NULL)
			return false;
		body->at = at;
		body->room = room;
	}
	memcpy(at + body->len, bytes, len);
	body->len += len;
	return true;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *http, const char *url,
    const char *method, const char *version, const char *bytes, size_t *len,
    void **context)
{
	struct body *body = *context;
	size_t n = *len;

	(void)cls, (void)url, (void)method, (void)version;
	if (body == NULL) {
		*context = calloc(1, sizeof *body);
		return *context != NULL ? MHD_YES : MHD_NO;
	}
	if (n > 0) {
		*len = 0;
		return append(body, bytes, n) ? MHD_YES : MHD_NO;
	}
	return MHD_queue_response(http, MHD_HTTP_OK, answer);
}

static void
on_completed(void *cls, struct MHD_Connection *http, void **context,
    enum MHD_RequestTerminationCode why)
{
	struct body *body = *context;

	(void)cls, (void)http, (void)why;
	*context = NULL;
	if (body != NULL)
		free(body->at);
	free(body);
}

static struct MHD_Daemon *
start(int listener)
{
	static char empty[] = "";

	answer =
	    MHD_create_response_from_buffer(0, empty, MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(answer, "Gateway-Ack", "none");
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0,
	    NULL, NULL, on_request, NULL, MHD_OPTION_LISTEN_SOCKET, listener,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
}

static void
run(struct MHD_Daemon *http)
{
	struct epoll_event event = { .events = EPOLLIN };
	int inner =
	    MHD_get_daemon_info(http, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	MHD_UNSIGNED_LONG_LONG ms;

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, inner, &event) != 0)
		serve_die("epoll_ctl");
	for (;;) {
		if (MHD_get_timeout(http, &ms) != MHD_YES)
			ms = 60000;
		(void)epoll_wait(epoll, &event, 1, (int)ms);
		MHD_run(http);
	}
}

int
main(int argc, char **argv)
{
	struct MHD_Daemon *http;

	if (argc != 2)
		return fputs("usage: bench_bare PORT\n", stderr), 2;
	serve_raise_limit();
	http = start(serve_listen((uint16_t)atoi(argv[1])));
	if (http == NULL)
		return fputs("bench_bare: no daemon\n", stderr), 1;
	run(http);
}
