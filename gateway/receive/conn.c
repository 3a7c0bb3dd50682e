#include "gateway/receive/conn.h"

#include <netinet/in.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "gateway/receive/request_stats.h"
#include "gateway/receive/worker.h"

/* A quarter of the head's time, but never more often than needed. */
#define ASK_MOST_NS  NS_PER_S
#define ASK_PER_HEAD 4

/* The kernel's stamp of the last data is as coarse as its tick. */
#define STAMP_SLACK_NS (20 * NS_PER_MS)

/* How often to see whether the last bytes of a client were read. */
#define UNREAD_NS (10 * NS_PER_MS)

static void
list_leave(struct conn *conn)
{
	struct conn_list *list = conn->list;

	if (list == NULL)
		return;
	*(conn->prev != NULL ? &conn->prev->next : &list->first) = conn->next;
	*(conn->next != NULL ? &conn->next->prev : &list->last) = conn->prev;
	conn->list = NULL;
	conn->prev = conn->next = NULL;
}

static void
list_join(struct conn_list *list, struct conn *conn)
{
	list_leave(conn);
	conn->list = list;
	conn->prev = list->last;
	*(list->last != NULL ? &list->last->next : &list->first) = conn;
	list->last = conn;
}

/* Without memory for the heap there is no deadline, and no such connection. */
static void
arm(struct conn *conn)
{
	struct worker *w = conn->worker;
	struct instant next =
	    timeouts_next(&w->service->patience, &conn->patience, w->now);

	if (next.ns != INSTANT_NEVER.ns &&
	    !heap_by(&w->deadlines, &conn->deadline, next))
		shutdown(conn->fd, SHUT_RDWR);
}

static void
enter(struct conn *conn, enum timeouts_phase phase)
{
	conn->patience =
	    (struct timeouts){ .phase = phase, .since = conn->worker->now };
	arm(conn);
}

struct conn *
conn_open(struct worker *worker, struct MHD_Connection *http, int fd)
{
	struct conn *conn = calloc(1, sizeof *conn);

	if (conn == NULL)
		return NULL;
	conn->worker = worker;
	conn->http = http;
	conn->fd = fd;
	conn->request.state = REQUEST_DONE;
	enter(conn, TIMEOUTS_HEAD);
	return conn;
}

void
conn_close(struct conn *conn)
{
	list_leave(conn);
	heap_remove(&conn->worker->deadlines, &conn->deadline);
	conn->closed = true;
	conn->fd = -1;
	if (conn->ticket_out)
		list_join(&conn->worker->orphans, conn);
	else
		free(conn);
}

void
conn_takes_ticket(struct conn *conn)
{
	conn->ticket_out = false;
	conn->worker->tickets_out--;
	if (!conn->closed)
		return;
	list_leave(conn);
	free(conn);
}

void
conn_gives_ticket(struct conn *conn)
{
	conn->ticket_out = true;
	conn->worker->tickets_out++;
}

struct conn *
conn_of_ticket(struct completion *ticket)
{
	char *at = (char *)ticket - offsetof(struct conn, request.ticket);

	return (struct conn *)(void *)at;
}

struct conn *
conn_of_deadline(struct heap_entry *deadline)
{
	char *at = (char *)deadline - offsetof(struct conn, deadline);

	return (struct conn *)(void *)at;
}

void
conn_begins_head(struct conn *conn)
{
	list_leave(conn);
	/* Found earlier, by its first byte: that is when the time began. */
	if (conn->patience.phase == TIMEOUTS_NONE)
		enter(conn, TIMEOUTS_HEAD);
}

void
conn_begins_body(struct conn *conn)
{
	enter(conn, TIMEOUTS_BODY);
}

void
conn_is_ours(struct conn *conn)
{
	list_leave(conn);
	if (!conn->cut)
		enter(conn, TIMEOUTS_NONE);
}

void
conn_is_held(struct conn *conn)
{
	conn_is_ours(conn);
	list_join(&conn->worker->held, conn);
}

void
conn_waits(struct conn *conn)
{
	conn_is_ours(conn);
	list_join(&conn->worker->waiting, conn);
}

void
conn_rests(struct conn *conn)
{
	if (conn->cut)
		return;
	enter(conn, TIMEOUTS_NONE);
	conn->idle_since = conn->asked = conn->worker->now;
	conn->seen_bytes = 0;
	list_join(&conn->worker->idle, conn);
}

void
conn_cut(struct conn *conn, enum outcome outcome)
{
	struct worker *w = conn->worker;
	struct http_reply reply = { .outcome = outcome };

	if (conn->cut)
		return;
	request_stats_cut(conn, outcome);
	http_reply_raw(
	    &w->replies, &reply, w->service->spool, w->wall_ms, conn->fd);
	shutdown(conn->fd, SHUT_WR);
	conn->cut = conn->linger = true;
	list_leave(conn);
	enter(conn, TIMEOUTS_CUT);
}

static bool
ask_kernel(const struct conn *conn, struct tcp_info *info)
{
	socklen_t len = sizeof *info;

	return getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

static bool
never_spoke(const struct conn *conn)
{
	struct tcp_info info = { 0 };

	return ask_kernel(conn, &info) && info.tcpi_bytes_received == 0;
}

static void
run_out(struct conn *conn)
{
	enum request_state *state = &conn->request.state;

	/* Whoever said nothing is told nothing. */
	if (conn->patience.phase == TIMEOUTS_CUT || never_spoke(conn)) {
		shutdown(conn->fd, SHUT_RDWR);
		conn->patience.phase = TIMEOUTS_NONE;
		return;
	}
	if (*state != REQUEST_DONE)
		*state = request_state_next(*state, REQUEST_EVENT_TIMEOUT);
	conn_cut(conn, OUTCOME_LATE);
}

void
conn_hangs_up(struct conn *conn)
{
	conn->hung_up = true;
	heap_by(&conn->worker->deadlines, &conn->deadline, conn->worker->now);
}

/*
 * Once the library has read all, shutting the receiving half makes another
 * edge for it.  Not before: it would take that one for the bytes.
 */
static void
tell_end(struct conn *conn)
{
	struct worker *w = conn->worker;
	int unread = 0;

	if (ioctl(conn->fd, FIONREAD, &unread) == 0 && unread > 0) {
		heap_by(&w->deadlines, &conn->deadline,
		    (struct instant){ w->now.ns + UNREAD_NS });
		return;
	}
	conn->hung_up = false;
	shutdown(conn->fd, SHUT_RD);
}

void
conn_is_due(struct conn *conn)
{
	struct worker *w = conn->worker;
	struct instant next =
	    timeouts_next(&w->service->patience, &conn->patience, w->now);

	if (next.ns <= w->now.ns)
		run_out(conn);
	else
		arm(conn);
	if (conn->hung_up)
		tell_end(conn);
}

static int64_t
ask_every_ns(const struct worker *worker)
{
	int64_t ns = worker->service->patience.head_ns / ASK_PER_HEAD;

	return ns < ASK_MOST_NS ? ns : ASK_MOST_NS;
}

/*
 * By the count of bytes when it was asked before, else by the stamp of the
 * last data.  What escapes both is a part of a head that came with or right
 * behind the request before it, and then nothing more: such a connection is
 * closed by the idle limit.
 */
static bool
has_begun(struct conn *conn, struct instant now)
{
	struct tcp_info info = { 0 };
	uint64_t before = conn->seen_bytes;
	int64_t stamp;

	if (!ask_kernel(conn, &info))
		return false;
	conn->seen_bytes = info.tcpi_bytes_received;
	if (before != 0)
		return conn->seen_bytes != before;
	stamp = now.ns - info.tcpi_last_data_recv * NS_PER_MS;
	return stamp > conn->idle_since.ns + STAMP_SLACK_NS;
}

/* The list is in the order of `asked`, so the first one speaks for all. */
static bool
may_be_asked(const struct worker *worker, int64_t rest_ns)
{
	const struct conn *first = worker->idle.first;

	return first != NULL && first->asked.ns < worker->stirred.ns &&
	       first->asked.ns + rest_ns <= worker->now.ns;
}

/* In rounds: a thousand connections must not mean a thousand wake-ups. */
struct instant
conn_next_ask(const struct worker *worker)
{
	int64_t every = ask_every_ns(worker);
	int64_t at = worker->last_round.ns + every;

	if (worker->idle.first == NULL ||
	    worker->idle.first->asked.ns >= worker->stirred.ns)
		return INSTANT_NEVER;
	if (at < worker->idle.first->asked.ns + every / 2)
		at = worker->idle.first->asked.ns + every / 2;
	return (struct instant){ at };
}

void
conn_ask_idle(struct worker *worker)
{
	int64_t rest_ns = ask_every_ns(worker) / 2;
	struct conn *conn;

	if (conn_next_ask(worker).ns > worker->now.ns)
		return;
	worker->last_round = worker->now;
	while (may_be_asked(worker, rest_ns)) {
		conn = worker->idle.first;
		conn->asked = worker->now;
		if (has_begun(conn, worker->now))
			conn_begins_head(conn);
		else
			list_join(&worker->idle, conn);
	}
}
