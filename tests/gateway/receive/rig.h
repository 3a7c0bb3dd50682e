/*
 * rig - a listener on a free loopback port, a pump that keeps what comes, and
 * clients that speak in raw bytes.
 *
 * The pump does with completions what the test says; what it took is counted and
 * its lines are kept.  Everything is static, so that a program without
 * Criterion can include it too.
 */
#ifndef TESTS_GATEWAY_RECEIVE_RIG_H
#define TESTS_GATEWAY_RECEIVE_RIG_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "gateway/receive/receive.h"
#include "parsers/buffer.h"

#define MAYBE __attribute__((unused)) static

enum rig_mode { RIG_DELIVER, RIG_WITHDRAW, RIG_REFUSE, RIG_HOLD };

struct rig {
	struct receive_options options;
	struct tables_options tables_options;
	uint64_t spool_bytes;
	struct tables *tables;
	struct spool *spool;
	struct budget *budget;
	struct registry *registry;
	struct receive *receive;
	unsigned short port; /* for clients' threads, while receive ends */
	pthread_t pump;
	bool pumping;
	atomic_int mode;
	atomic_bool ending;
	atomic_ulong events;
	struct buffer lines; /* the pump's, until it has ended */
};

/* What tests then change. */
MAYBE void
rig_init(struct rig *rig)
{
	static char address[] = "127.0.0.1:0";

	memset(rig, 0, sizeof *rig);
	buffer_init(&rig->lines, 64 << 20);
	rig->spool_bytes = 64 << 20;
	rig->options = (struct receive_options){
		.address = address,
		.workers = 2,
		.max_connections = 1000,
		.memory_bytes = 64 << 20,
		.header_timeout_ms = 10000,
		.body_timeout_ms = 30000,
		.min_body_rate = 1024,
		.max_body = 1 << 20,
		.acknowledge = ACK_RECEIVED,
		.ack_timeout_ms = 25000,
	};
	rig->tables_options = (struct tables_options){
		.defaults = { .weight = 1,
		    .batch = { 60, 1000000, 500, 0, 0 },
		    .events = { UINT64_C(604800000), UINT64_C(172800000000),
			64 } },
		.max_unconfigured = 100,
	};
}

static void
rig_take(struct rig *rig, struct record **held)
{
	struct record *record = spool_take(rig->spool), *next;
	int mode = atomic_load(&rig->mode);

	for (; record != NULL; record = next) {
		next = record->next;
		record->next = *held;
		*held = record;
	}
	if (mode == RIG_HOLD && !atomic_load(&rig->ending))
		return;
	for (; *held != NULL; *held = next) {
		record = *held;
		next = record->next;
		buffer_append(&rig->lines, record->lines, record->bytes);
		atomic_fetch_add(&rig->events, record->events);
		if (record->completion != NULL && mode == RIG_REFUSE) {
			record->completion->refused = 2;
			record->completion->refused_events[0] = 3;
			record->completion->refused_events[1] = 0;
		}
		if (record->completion != NULL)
			completion_complete(record->completion,
			    mode == RIG_WITHDRAW ? COMPLETION_WITHDRAWN
			    : mode == RIG_REFUSE ? COMPLETION_PARTLY_REFUSED
						 : COMPLETION_DELIVERED);
		spool_ack(rig->spool, record, clock_now());
	}
}

static void *
rig_pump(void *arg)
{
	struct rig *rig = arg;
	struct record *held = NULL;
	struct pollfd spool = { .events = POLLIN };

	spool.fd = spool_fd(rig->spool);
	while (!atomic_load(&rig->ending)) {
		poll(&spool, 1, 2);
		rig_take(rig, &held);
	}
	rig_take(rig, &held);
	return NULL;
}

MAYBE bool
rig_start_pump(struct rig *rig)
{
	rig->pumping = pthread_create(&rig->pump, NULL, rig_pump, rig) == 0;
	return rig->pumping;
}

/* From here on, what it took and counted stands still. */
MAYBE void
rig_stop_pump(struct rig *rig)
{
	if (!rig->pumping)
		return;
	atomic_store(&rig->ending, true);
	pthread_join(rig->pump, NULL);
	rig->pumping = false;
}

MAYBE bool
rig_start(struct rig *rig, struct err *err)
{
	struct budget_options limits = { 83334, 100000000, 1 };
	struct spool_options room = {
		.memory_bytes = rig->spool_bytes,
	};

	if (!tables_open(&rig->tables, &rig->tables_options, err) ||
	    !spool_open(&rig->spool, &room, err) ||
	    !budget_open(&rig->budget, &limits, 1000000, clock_now(), err) ||
	    !registry_open(&rig->registry, clock_wall_ms(), err) ||
	    !rig_start_pump(rig) ||
	    !receive_start(&rig->receive, &rig->options, rig->tables,
		rig->spool, rig->budget, rig->registry, err))
		return false;
	rig->port = (unsigned short)atoi(
	    strrchr(receive_address(rig->receive), ':') + 1);
	return true;
}

MAYBE struct instant
rig_in_ms(int64_t ms)
{
	return (struct instant){ clock_now().ns + ms * NS_PER_MS };
}

/* The listener first: then nobody appends any more. */
MAYBE void
rig_halt(struct rig *rig)
{
	receive_stop(&rig->receive, rig_in_ms(2000));
	rig_stop_pump(rig);
}

/* Ends whatever a test has not ended yet. */
MAYBE void
rig_end(struct rig *rig)
{
	rig_halt(rig);
	spool_close(&rig->spool);
	tables_close(&rig->tables);
	budget_close(&rig->budget);
	registry_close(&rig->registry);
	buffer_fini(&rig->lines);
}

/* -------------------------------------------------------------- clients */

MAYBE int
client_open(const struct rig *rig)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	struct timeval timeout = { .tv_sec = 60 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	at.sin_port = htons(rig->port);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
	setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
	if (connect(fd, (void *)&at, sizeof at) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

MAYBE bool
client_send(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;
	ssize_t n;

	for (; len > 0; at += n, len -= (size_t)n)
		if ((n = send(fd, at, len, MSG_NOSIGNAL)) <= 0)
			return false;
	return true;
}

struct answer {
	int status; /* 0: none came */
	char head[2048];
	char body[16384];
};

/* Byte by byte: what follows belongs to the next answer. */
static bool
client_line(int fd, char *line, size_t room)
{
	size_t len = 0;

	while (len + 1 < room && recv(fd, line + len, 1, 0) == 1)
		if (line[len++] == '\n') {
			line[len] = '\0';
			return true;
		}
	line[len] = '\0';
	return false;
}

MAYBE bool
client_read(int fd, struct answer *answer, bool with_body)
{
	char line[512];
	size_t length = 0, got = 0;
	ssize_t n;

	do {
		memset(answer, 0, sizeof *answer);
		if (!client_line(fd, line, sizeof line) ||
		    sscanf(line, "HTTP/1.1 %d", &answer->status) != 1)
			return false;
		while (client_line(fd, line, sizeof line) && line[0] != '\r') {
			strncat(answer->head, line,
			    sizeof answer->head - strlen(answer->head) - 1);
			sscanf(line, "Content-Length: %zu", &length);
		}
	} while (answer->status == 100);
	if (!with_body)
		length = 0;
	while (got < length && got < sizeof answer->body - 1) {
		n = recv(fd, answer->body + got, length - got, 0);
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return got == length;
}

/*
 * Waits for the "100 Continue" that a request with such an Expect gets once
 * its head was read.
 */
MAYBE bool
client_continued(int fd)
{
	char line[512];

	return client_line(fd, line, sizeof line) &&
	       strncmp(line, "HTTP/1.1 100", 12) == 0 &&
	       client_line(fd, line, sizeof line) && line[0] == '\r';
}

/* Has the other side closed?  Waits for it. */
MAYBE bool
client_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) == 0;
}

/* Is the connection open, with nothing to read? */
MAYBE bool
client_quiet(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	       errno == EAGAIN;
}

/* An event that is good now, without a line feed. */
MAYBE const char *
event_now(void)
{
	static _Thread_local char text[64];
	time_t now = time(NULL);
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(
	    text, sizeof text, "{\"__time\":\"%Y-%m-%dT%H:%M:%SZ\"}", &utc);
	return text;
}

/*
 * Writes a request: every '@' of the form becomes a good event, and '#' the
 * length of what follows the blank line.
 */
MAYBE size_t
request_from(const char *form, char *out, size_t room)
{
	const char *blank = strstr(form, "\r\n\r\n");
	size_t event = strlen(event_now()), body = 0, len = 0;

	for (const char *c = blank != NULL ? blank + 4 : ""; *c != '\0'; c++)
		body += *c == '@' ? event : 1;
	for (; *form != '\0' && len + event + 24 < room; form++)
		if (*form == '@')
			len += (size_t)sprintf(out + len, "%s", event_now());
		else if (*form == '#')
			len += (size_t)sprintf(out + len, "%zu", body);
		else
			out[len++] = *form;
	return len;
}

MAYBE bool
client_ask(int fd, const char *form, struct answer *answer)
{
	char text[8192];
	size_t len = request_from(form, text, sizeof text);

	return client_send(fd, text, len) &&
	       client_read(fd, answer, strncmp(form, "HEAD ", 5) != 0);
}

#define GOOD                                                                   \
	"POST /v1/events/t HTTP/1.1\r\nHost: h\r\nContent-Length: "            \
	"#\r\n\r\n@\n"

/* Asks on a kept connection until that is refused, or closed. */
MAYBE void
await_draining(int fd)
{
	struct answer answer;

	while (client_ask(fd,
		   "POST /v1/events/t HTTP/1.1\r\nHost: h\r\n"
		   "Content-Length: 0\r\n\r\n",
		   &answer) &&
	       strstr(answer.body, "\"code\":\"Draining\"") == NULL)
		;
}

/* For a time in which nothing may happen, or between two looks. */
MAYBE void
rest_ms(int ms)
{
	poll(NULL, 0, ms);
}

#endif
