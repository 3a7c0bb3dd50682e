#include "gateway/receive/listen.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "gateway/receive/conn.h"
#include "gateway/receive/http_reply.h"
#include "gateway/receive/ingest.h"

/*
 * A connection's memory in the library: for head and answer, and for the part
 * of a body that is passed on at once.  It is cleared after every request, so
 * a larger one makes small requests slower, and a smaller one large requests.
 */
#define POOL_BYTES (15 << 10)

/* Then a kept-alive connection without traffic is closed. */
#define IDLE_S 120

/* ------------------------------------------------------------ connections */

static int
socket_of(struct MHD_Connection *http)
{
	return MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD)
	    ->connect_fd;
}

static struct conn *
conn_of(struct MHD_Connection *http)
{
	return MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	    ->socket_context;
}

static struct conn *
accept_conn(struct worker *w, struct MHD_Connection *http)
{
	struct receive_shared *shared = w->shared;
	uint64_t most = shared->options.max_connections;
	uint64_t n = 1 + atomic_fetch_add_explicit(
			     &shared->connections, 1, memory_order_relaxed);
	int fd = socket_of(http);
	struct conn *conn = NULL;

	if (n <= most + RECEIVE_SHARED_EXCESS)
		conn = conn_open(w, http, fd);
	if (conn == NULL || !conn_watch(conn))
		shutdown(fd, SHUT_RDWR);
	else if (n > most)
		ingest_reject(conn, OUTCOME_TOO_MANY_CONNECTIONS);
	registry_connections(w->registry, 1);
	return conn;
}

/*
 * The library closes the socket right after this, so a connection that is to
 * linger needs a duplicate.  By now it has shut the sending half.
 */
static void
end_conn(struct worker *w, struct conn *conn)
{
	bool unread = conn->timeouts.phase == TIMEOUTS_HEAD ||
		      conn->timeouts.phase == TIMEOUTS_BODY;
	int fd;

	conn_unwatch(conn);
	if ((conn->linger || unread) && !w->stopping) {
		fd = fcntl(conn->fd, F_DUPFD_CLOEXEC, 0);
		if (fd != -1)
			lingering_close_add(&w->lingering, fd, w->now);
	}
	conn_close(conn);
}

static void
on_connection(void *cls, struct MHD_Connection *http, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	struct worker *w = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = accept_conn(w, http);
		return;
	}
	if (*context != NULL)
		end_conn(w, *context);
	*context = NULL;
	registry_connections(w->registry, -1);
	atomic_fetch_sub_explicit(
	    &w->shared->connections, 1, memory_order_relaxed);
}

/* ------------------------------------------------------------------ heads */

/*
 * libmicrohttpd 0.9 ends lines at a bare line feed, ends texts at a NUL and
 * joins a folded line to the name before it, all without a sign.  But its texts
 * still stand where they were read, so what it removed shows as a gap: a normal
 * field begins two bytes (CR LF, by now NUL NUL) behind the end of the one
 * before it, the first one two bytes behind the version, and the parts of the
 * request line stand one byte (a blank) apart.
 */
struct layout {
	struct http_request *head;
	bool known;
	const char *next; /* where the next text must begin */
};

static void
expect_at(struct layout *layout, const char *text, size_t len, size_t gap)
{
	if (layout->known && layout->next != NULL && text != layout->next)
		http_request_refuse(layout->head, HTTP_REQUEST_HIDDEN);
	layout->next = text + len + gap;
}

static enum MHD_Result
feed_field(void *cls, enum MHD_ValueKind kind, const char *name,
    size_t name_len, const char *value, size_t value_len)
{
	struct layout *layout = cls;

	(void)kind;
	expect_at(layout, name, name_len, 0);
	/* The gap check does not see this after the last field. */
	if (layout->known && value[value_len + 1] != '\0')
		http_request_refuse(layout->head, HTTP_REQUEST_HIDDEN);
	layout->next = value + value_len + 2;
	http_request_field(layout->head, (struct span){ name, name_len },
	    (struct span){ value, value_len });
	return MHD_YES;
}

/* Version 1.0 refuses all that by itself, and has another layout. */
static bool
layout_is_known(void)
{
	return MHD_get_version()[0] == '0';
}

static void
read_head(struct conn *conn, struct span method, struct span version)
{
	struct http_request *head = &conn->request.head;
	struct layout layout = { .head = head, .known = layout_is_known() };

	http_request_begin(head, method, version);
	head->wanted = span_of(conn->worker->shared->options.identify_by);
	expect_at(&layout, method.at, method.len, 1);
	expect_at(&layout, conn->target.at, conn->target.len, 1);
	expect_at(&layout, version.at, version.len, 2);
	MHD_get_connection_values_n(
	    conn->http, MHD_HEADER_KIND, feed_field, &layout);
	http_request_finish(head);
}

/* --------------------------------------------------------------- requests */

/* Called when a request line is whole, before the library takes it apart. */
static void *
on_line(void *cls, const char *target, struct MHD_Connection *http)
{
	struct worker *w = cls;
	struct conn *conn = conn_of(http);

	if (conn == NULL)
		return NULL;
	w->unanswered++;
	conn->read_complete = false;
	conn->target = span_of(target);
	ingest_begin(conn, conn->target);
	return conn;
}

/* route.c decodes the path, once, after it was split at its slashes. */
static size_t
leave_encoded(void *cls, struct MHD_Connection *http, char *text)
{
	(void)cls;
	(void)http;
	return strlen(text);
}

static enum MHD_Result
answer(struct conn *conn)
{
	const struct request *r = &conn->request;
	struct worker *w = conn->worker;
	struct http_reply reply = {
		.outcome = r->outcome,
		.level = r->level,
		.message = r->message,
		.detail = { r->detail.at, r->detail.len },
		.counts = r->skips,
		.accepted = r->accepted,
		.rejected = r->rejected,
		.close = r->close || atomic_load_explicit(&w->shared->draining,
					 memory_order_relaxed),
	};

	return http_reply_queue(
		   &w->replies, &reply, w->shared->spool, conn->http)
		   ? MHD_YES
		   : MHD_NO;
}

/* An answer given before the body closes the connection; one after it not. */
static enum MHD_Result
after_head(struct conn *conn)
{
	const struct request *r = &conn->request;

	if (r->state != REQUEST_REPLY ||
	    (!http_request_has_body(&r->head) && !r->close))
		return MHD_YES;
	conn->linger = true;
	return answer(conn);
}

/*
 * If a connection is suspended while the library still expects a body, the
 * library reads it again when it is resumed, before it asks for the answer; and
 * if the client has closed its sending half by then, it closes the connection.
 * So let one cycle pass: then the library knows that the body is whole.  Where
 * only the disk is waited for, that is so anyway: see worker_thread.c.
 */
static bool
is_read_complete(struct conn *conn)
{
	bool primed =
	    conn->read_complete || conn->request.level != ACK_DELIVERED;

	conn->read_complete = true;
	return primed;
}

static enum MHD_Result
on_body(struct conn *conn, const char *bytes, size_t *len)
{
	size_t n = *len;

	*len = 0;
	if (n > 0) {
		ingest_data(conn, bytes, n);
		return conn->request.state == REQUEST_DISCARD ? MHD_NO
							      : MHD_YES;
	}
	if (!is_read_complete(conn))
		return MHD_YES;
	ingest_body_end(conn);
	return conn->request.state == REQUEST_REPLY ? answer(conn) : MHD_YES;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *http, const char *url,
    const char *method, const char *version, const char *bytes, size_t *len,
    void **context)
{
	struct conn *conn = *context;

	(void)cls;
	(void)http;
	(void)url;
	if (conn == NULL)
		return MHD_NO;
	switch (conn->request.state) {
	case REQUEST_HEAD:
		read_head(conn, span_of(method), span_of(version));
		ingest_head(conn);
		return after_head(conn);
	case REQUEST_BODY:
		return on_body(conn, bytes, len);
	case REQUEST_REPLY:
		return answer(conn);
	case REQUEST_WAIT:
		return MHD_YES;
	default:
		return MHD_NO; /* discarding: read no more */
	}
}

static void
on_completed(void *cls, struct MHD_Connection *http, void **context,
    enum MHD_RequestTerminationCode why)
{
	struct worker *w = cls;
	struct conn *conn = *context;

	(void)http;
	*context = NULL;
	if (conn == NULL)
		return;
	w->unanswered--;
	ingest_end(conn);
	if (why == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		conn_idle(conn);
}

/* ----------------------------------------------------------------- daemon */

static void
on_log(void *cls, const char *format, va_list args)
{
	char text[200];

	(void)cls;
	vsnprintf(text, sizeof text, format, args);
	text[strcspn(text, "\n")] = '\0';
	log_event(LOG_DEBUG, "http", LOG_STR("text", text));
}

bool
listen_open(struct worker *worker, int fd, struct err *err)
{
	uint64_t most = worker->shared->options.max_connections;

	/* More than we count ourselves, so that our limit is met first. */
	most += 2 * RECEIVE_SHARED_EXCESS;
	worker->http = MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
	    NULL, NULL, on_request, worker, MHD_OPTION_EXTERNAL_LOGGER, on_log,
	    NULL, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,
	    MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)(most < UINT_MAX ? most : UINT_MAX),
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, worker,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, worker,
	    MHD_OPTION_URI_LOG_CALLBACK, on_line, worker,
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
	    /* Strictness 1 would drop what http_request answers with 400. */
	    MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_SIGPIPE_HANDLED_BY_APP,
	    1, MHD_OPTION_END);
	if (worker->http != NULL)
		return true;
	close(fd);
	return err_set(err, ERR_HOST, 0, "cannot start an HTTP daemon");
}

void
listen_close(struct worker *worker)
{
	if (worker->http != NULL)
		MHD_stop_daemon(worker->http);
	worker->http = NULL;
}

int
listen_epoll(const struct worker *worker)
{
	return MHD_get_daemon_info(worker->http, MHD_DAEMON_INFO_EPOLL_FD)
	    ->epoll_fd;
}

int
listen_timeout_ms(const struct worker *worker)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(worker->http, &ms) != MHD_YES)
		return -1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

void
listen_run(struct worker *worker)
{
	MHD_run(worker->http);
}

void
listen_quiesce(struct worker *worker)
{
	int fd = MHD_quiesce_daemon(worker->http);

	if (fd != -1)
		close(fd);
}
