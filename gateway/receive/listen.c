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
#include "gateway/receive/worker.h"

/*
 * A connection's memory in the library: head and reply, and the window through
 * which a body passes.  It is wiped after every request, so larger is dearer
 * for small requests; smaller means more calls for large ones.
 */
#define POOL_BYTES (15 << 10)

/* Of a kept-alive connection on which nothing moves. */
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
welcome(struct worker *w, struct MHD_Connection *http)
{
	struct receive_shared *service = w->service;
	uint64_t most = service->options.max_connections;
	uint64_t n = 1 + atomic_fetch_add_explicit(
			     &service->connections, 1, memory_order_relaxed);
	int fd = socket_of(http);
	struct conn *conn = NULL;

	if (n <= most + RECEIVE_SHARED_EXCESS)
		conn = conn_open(w, http, fd);
	if (conn == NULL || !worker_watch_end(w, conn))
		shutdown(fd, SHUT_RDWR);
	else if (n > most)
		conn_cut(conn, OUTCOME_TOO_MANY_CONNECTIONS);
	registry_connections(w->account, 1);
	return conn;
}

/*
 * The library closes the socket right after this, so whatever must outlive it
 * is duplicated.  By now it has shut the sending half.
 */
static void
part(struct worker *w, struct conn *conn)
{
	bool unread = conn->patience.phase == TIMEOUTS_HEAD ||
		      conn->patience.phase == TIMEOUTS_BODY;
	int fd;

	worker_unwatch_end(w, conn);
	if ((conn->linger || unread) && !w->stopping) {
		fd = fcntl(conn->fd, F_DUPFD_CLOEXEC, 0);
		if (fd != -1)
			lingering_close_adopt(&w->farewell, fd, w->now);
	}
	conn_close(conn);
}

static void
on_connection(void *cls, struct MHD_Connection *http, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	struct worker *w = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = welcome(w, http);
		return;
	}
	if (*context != NULL)
		part(w, *context);
	*context = NULL;
	registry_connections(w->account, -1);
	atomic_fetch_sub_explicit(
	    &w->service->connections, 1, memory_order_relaxed);
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
	w->under_way++;
	conn->primed = false;
	conn->target = span_of(target);
	ingest_begin(conn, conn->target);
	return conn;
}

/* The path is decoded by us, once, after it was cut at its slashes. */
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
		.close = r->close || atomic_load_explicit(&w->service->refusing,
					 memory_order_relaxed),
	};

	return http_reply_queue(
		   &w->replies, &reply, w->service->spool, conn->http)
		   ? MHD_YES
		   : MHD_NO;
}

/* An answer given now closes the connection; given after the body, not. */
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
 * A connection that is suspended while the library thinks that it reads will
 * be read again when it is resumed, before it is asked for its answer; and if
 * the client has closed its sending half by then, it is closed for good.  So
 * let one turn pass: then the library knows that it has read enough.  Where
 * only the disk is waited for, that is so anyway: see worker.c.
 */
static bool
is_primed(struct conn *conn)
{
	bool primed = conn->primed || conn->request.level != ACK_DELIVERED;

	conn->primed = true;
	return primed;
}

static enum MHD_Result
on_piece(struct conn *conn, const char *bytes, size_t *len)
{
	size_t n = *len;

	*len = 0;
	if (n > 0) {
		ingest_piece(conn, bytes, n);
		return conn->request.state == REQUEST_DISCARD ? MHD_NO
							      : MHD_YES;
	}
	if (!is_primed(conn))
		return MHD_YES;
	ingest_whole(conn);
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
		ingest_head(conn, span_of(method), span_of(version));
		return after_head(conn);
	case REQUEST_BODY:
		return on_piece(conn, bytes, len);
	case REQUEST_REPLY:
		return answer(conn);
	case REQUEST_WAIT:
		return MHD_YES;
	default:
		return MHD_NO; /* cut: not a byte more */
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
	w->under_way--;
	ingest_end(conn);
	if (why == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		conn_rests(conn);
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
	uint64_t most = worker->service->options.max_connections;

	/* Above what we count ourselves, so that we are asked first. */
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
	    /* Strictness 1 would drop what `head` answers with a reason. */
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

/* ------------------------------------------------------ what ingest needs */

/*
 * The library ends lines at a bare line feed, cuts texts at a NUL and glues a
 * folded line to the name before it, all without telling.  But what it shows
 * still stands where it was read, so whatever it swallowed shows as a gap: a
 * plain field begins two bytes (CR LF, by now NUL NUL) behind the end of the
 * one before it, the first one so behind the version, and the parts of the
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
	/* Only of the last one this is not seen by the place of the next. */
	if (layout->known && value[value_len + 1] != '\0')
		http_request_refuse(layout->head, HTTP_REQUEST_HIDDEN);
	layout->next = value + value_len + 2;
	http_request_field(layout->head, (struct span){ name, name_len },
	    (struct span){ value, value_len });
	return MHD_YES;
}

/* From 1.0 on it refuses all that by itself, and lays fields out otherwise. */
static bool
layout_is_known(void)
{
	return MHD_get_version()[0] == '0';
}

void
listen_feed_head(struct conn *conn, struct span method, struct span version,
    struct http_request *head)
{
	struct layout layout = { .head = head, .known = layout_is_known() };

	expect_at(&layout, method.at, method.len, 1);
	expect_at(&layout, conn->target.at, conn->target.len, 1);
	expect_at(&layout, version.at, version.len, 2);
	MHD_get_connection_values_n(
	    conn->http, MHD_HEADER_KIND, feed_field, &layout);
}

void
listen_suspend(struct conn *conn)
{
	conn_waits(conn);
	MHD_suspend_connection(conn->http);
}

void
listen_resume(struct conn *conn)
{
	struct worker *w = conn->worker;
	bool suspended = conn->list == &w->waiting;

	w->again = true;
	conn_is_ours(conn);
	if (suspended)
		MHD_resume_connection(conn->http);
}
