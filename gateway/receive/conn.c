#include "gateway/receive/conn.h"

#include <netinet/in.h>
#include <linux/tcp.h>
#include <microhttpd.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Idle connections are probed so often within header_timeout, or each second. */
#define PROBES_PER_HEAD  4
#define PROBE_PERIOD_MAX NS_PER_S

/* The kernel's time of the last data is as coarse as its tick. */
#define LAST_DATA_SLACK_NS (20 * NS_PER_MS)

/* How often to look whether a client's last bytes were read. */
#define UNREAD_NS (10 * NS_PER_MS)

static void
move_to(struct list *list, struct conn *conn)
{
	list_remove(&conn->node);
	list_push_back(list, &conn->node);
}

/* No memory for the heap means no deadline: then close the connection. */
static void
arm(struct conn *conn)
{
	struct worker *w = conn->worker;
	struct instant next =
	    timeouts_next(&w->shared->timeout_limits, &conn->timeouts, w->now);

	if (next.ns != INSTANT_NEVER.ns &&
	    !heap_by(&w->deadlines, &conn->deadline, next))
		shutdown(conn->fd, SHUT_RDWR);
}

static void
enter(struct conn *conn, enum timeouts_phase phase)
{
	conn->timeouts =
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
	list_remove(&conn->node);
	heap_remove(&conn->worker->deadlines, &conn->deadline);
	conn->closed = true;
	conn->fd = -1;
	if (conn->completion_pending)
		move_to(&conn->worker->closed, conn);
	else
		free(conn);
}

void
conn_return_completion(struct conn *conn)
{
	conn->completion_pending = false;
	conn->worker->completions_pending--;
	if (!conn->closed)
		return;
	list_remove(&conn->node);
	free(conn);
}

void
conn_lend_completion(struct conn *conn)
{
	conn->completion_pending = true;
	conn->worker->completions_pending++;
}

struct conn *
conn_of_completion(struct completion *completion)
{
	char *at =
	    (char *)completion - offsetof(struct conn, request.completion);

	return (struct conn *)(void *)at;
}

struct conn *
conn_of_deadline(struct heap_entry *deadline)
{
	char *at = (char *)deadline - offsetof(struct conn, deadline);

	return (struct conn *)(void *)at;
}

struct conn *
conn_of_node(struct list_node *node)
{
	return LIST_OWNER(node, struct conn, node);
}

void
conn_start_head(struct conn *conn)
{
	list_remove(&conn->node);
	/* Else the probe found its first byte: its time runs already. */
	if (conn->timeouts.phase == TIMEOUTS_NONE)
		enter(conn, TIMEOUTS_HEAD);
}

void
conn_start_body(struct conn *conn)
{
	enter(conn, TIMEOUTS_BODY);
}

void
conn_processing(struct conn *conn)
{
	list_remove(&conn->node);
	if (!conn->discarding)
		enter(conn, TIMEOUTS_NONE);
}

void
conn_hold(struct conn *conn)
{
	conn_processing(conn);
	move_to(&conn->worker->held, conn);
}

void
conn_suspend(struct conn *conn)
{
	conn_processing(conn);
	move_to(&conn->worker->suspended, conn);
	MHD_suspend_connection(conn->http);
}

void
conn_resume(struct conn *conn)
{
	struct worker *w = conn->worker;
	bool suspended = conn->node.in == &w->suspended;

	w->poll_now = true;
	conn_processing(conn);
	if (suspended)
		MHD_resume_connection(conn->http);
}

void
conn_idle(struct conn *conn)
{
	if (conn->discarding)
		return;
	enter(conn, TIMEOUTS_NONE);
	conn->idle_since = conn->probed = conn->worker->now;
	conn->seen_bytes = 0;
	move_to(&conn->worker->idle, conn);
}

void
conn_discard(struct conn *conn)
{
	shutdown(conn->fd, SHUT_WR);
	conn->discarding = conn->linger = true;
	list_remove(&conn->node);
	enter(conn, TIMEOUTS_DISCARD);
}

bool
conn_watch(struct conn *conn)
{
	struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET };

	event.data.u64 = (uintptr_t)conn;
	return epoll_ctl(
		   conn->worker->epoll, EPOLL_CTL_ADD, conn->fd, &event) == 0;
}

/* Closing would not be enough: a duplicate of the descriptor may live on. */
void
conn_unwatch(struct conn *conn)
{
	(void)epoll_ctl(conn->worker->epoll, EPOLL_CTL_DEL, conn->fd, NULL);
}

static bool
read_tcp_info(const struct conn *conn, struct tcp_info *info)
{
	socklen_t len = sizeof *info;

	return getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

static bool
sent_nothing(const struct conn *conn)
{
	struct tcp_info info = { 0 };

	return read_tcp_info(conn, &info) && info.tcpi_bytes_received == 0;
}

void
conn_peer_closed(struct conn *conn)
{
	if (conn->close_passed_on)
		return; /* the edge that pass_on_close made */
	conn->peer_closed = true;
	heap_by(&conn->worker->deadlines, &conn->deadline, conn->worker->now);
}

/*
 * Once the library has read all, shutting the receiving half makes another
 * edge for it.  Not before: it would take that edge for the unread bytes.  Once
 * only: while the request is suspended the library reads nothing, and every
 * edge would make the next one, for as long as the request waits.
 */
static void
pass_on_close(struct conn *conn)
{
	struct worker *w = conn->worker;
	int unread = 0;

	if (ioctl(conn->fd, FIONREAD, &unread) == 0 && unread > 0) {
		heap_by(&w->deadlines, &conn->deadline,
		    (struct instant){ w->now.ns + UNREAD_NS });
		return;
	}
	conn->peer_closed = false;
	conn->close_passed_on = true;
	shutdown(conn->fd, SHUT_RD);
}

bool
conn_timed_out(struct conn *conn)
{
	struct worker *w = conn->worker;
	struct instant next =
	    timeouts_next(&w->shared->timeout_limits, &conn->timeouts, w->now);
	bool over = next.ns <= w->now.ns;

	if (!over)
		arm(conn);
	if (conn->peer_closed)
		pass_on_close(conn);
	if (!over)
		return false;
	/* The client sent no byte: close without a 408. */
	if (conn->timeouts.phase == TIMEOUTS_DISCARD || sent_nothing(conn)) {
		shutdown(conn->fd, SHUT_RDWR);
		conn->timeouts.phase = TIMEOUTS_NONE;
		return false;
	}
	return true;
}

static int64_t
probe_period_ns(const struct worker *worker)
{
	int64_t ns = worker->shared->timeout_limits.head_ns / PROBES_PER_HEAD;

	return ns < PROBE_PERIOD_MAX ? ns : PROBE_PERIOD_MAX;
}

/*
 * By the count of bytes where there is one of an earlier probe, else by the
 * time of the last data.  Neither shows a part of a head that came with or
 * right behind the request before it, with nothing after it: such a connection
 * is closed by the idle limit.
 */
static bool
has_begun(struct conn *conn, struct instant now)
{
	struct tcp_info info = { 0 };
	uint64_t before = conn->seen_bytes;
	int64_t last_data_ns;

	if (!read_tcp_info(conn, &info))
		return false;
	conn->seen_bytes = info.tcpi_bytes_received;
	if (before != 0)
		return conn->seen_bytes != before;
	last_data_ns = now.ns - info.tcpi_last_data_recv * NS_PER_MS;
	return last_data_ns > conn->idle_since.ns + LAST_DATA_SLACK_NS;
}

/* The one that was probed longest ago, if anything happened since then. */
static struct conn *
next_to_probe(const struct worker *worker)
{
	struct conn *first;

	if (worker->idle.first == NULL)
		return NULL;
	first = conn_of_node(worker->idle.first);
	return first->probed.ns < worker->last_event.ns ? first : NULL;
}

/* In batches: a thousand connections must not mean a thousand wake-ups. */
struct instant
conn_next_probe(const struct worker *worker)
{
	const struct conn *first = next_to_probe(worker);
	int64_t period_ns = probe_period_ns(worker), at;

	if (first == NULL)
		return INSTANT_NEVER;
	at = worker->last_probe.ns + period_ns;
	if (at < first->probed.ns + period_ns / 2)
		at = first->probed.ns + period_ns / 2;
	return (struct instant){ at };
}

void
conn_probe_idle(struct worker *worker)
{
	int64_t rest_ns = probe_period_ns(worker) / 2;
	struct conn *conn;

	if (conn_next_probe(worker).ns > worker->now.ns)
		return;
	worker->last_probe = worker->now;
	while ((conn = next_to_probe(worker)) != NULL &&
	       conn->probed.ns + rest_ns <= worker->now.ns) {
		conn->probed = worker->now;
		if (has_begun(conn, worker->now))
			conn_start_head(conn);
		else
			move_to(&worker->idle, conn);
	}
}
