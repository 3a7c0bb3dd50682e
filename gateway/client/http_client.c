#include "gateway/client/http_client.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "gateway/client/epoll_set.h"
#include "gateway/client/transport_error.h"
#include "gateway/client/conn_pool.h"

#define SOCKETS 64 /* polled in one call */

struct http_client {
	struct epoll_set sockets;
	struct instant due; /* libcurl must be called then */
	struct http_conn_options conn_options;
	struct http_headers *form; /* for posts without headers of their own */
	size_t max_posts;

	struct conn_pool pool;
	bool lost; /* libcurl has closed some of its connections */

	struct instant deadline; /* no busy post ends before it */
	struct http_post *ended, **ended_end;
};

/* --- connections --- */

static void
append_ended(struct http_client *client, struct http_post *post)
{
	post->next = NULL;
	*client->ended_end = post;
	client->ended_end = &post->next;
}

/*
 * The connection's post has ended.  After a form the next one is minutes away:
 * its connection is not worth keeping.
 */
static void
finish(
    struct http_client *client, struct http_conn *conn, struct http_post *post)
{
	conn_pool_release(&client->pool, conn,
	    post->headers != NULL && http_conn_reusable(conn));
	append_ended(client, post);
}

static void
fail(struct http_client *client, struct http_conn *conn, const char *why)
{
	struct http_post *post = conn->post;

	http_conn_end(conn, why);
	finish(client, conn, post);
}

/*
 * libcurl found a connection dead while it made another one.  It may not be
 * called from here, so the handle is removed later: see drop_lost.
 */
static void
on_lost(void *arg)
{
	((struct http_client *)arg)->lost = true;
}

static void
drop_lost(struct http_client *client)
{
	struct list_node *node, *next;
	struct http_conn *conn;

	if (!client->lost)
		return;
	client->lost = false;
	for (node = client->pool.idle.first; node != NULL; node = next) {
		next = node->next;
		conn = conn_pool_conn(node);
		if (conn->fd == -1)
			conn_pool_close_idle(&client->pool, conn);
	}
	for (node = client->pool.busy.first; node != NULL; node = next) {
		next = node->next;
		conn = conn_pool_conn(node);
		if (conn->fd == -1 && conn->state != HTTP_CONN_CONNECTING)
			fail(client, conn,
			    "reset: a kept connection died in use");
	}
}

/* --- what libcurl asks for --- */

/* -1: libcurl fails what it does on that socket. */
static int
on_socket_interest(
    CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct http_client *client = arg;
	uint32_t events = 0;

	(void)easy, (void)unused;
	if (epoll_set_owner(&client->sockets, fd) != NULL)
		return 0; /* connected: libcurl only forgets it */
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EPOLLOUT;
	return epoll_set_want(&client->sockets, fd, events) ? 0 : -1;
}

static int
on_timer(CURLM *multi, long ms, void *arg)
{
	struct http_client *client = arg;

	(void)multi;
	client->due = INSTANT_NEVER;
	if (ms >= 0)
		client->due.ns = ms == 0 ? 0 : clock_now().ns + ms * NS_PER_MS;
	return 0;
}

/* --- posts --- */

static void
begin(struct http_client *client, struct http_conn *conn)
{
	struct http_post *post = conn->post;

	if (http_conn_start(conn))
		finish(client, conn, post);
}

static bool
connected_or_connects(struct http_client *client, struct http_conn *conn)
{
	if (conn->state == HTTP_CONN_IDLE)
		return true;
	if (curl_multi_add_handle(client->pool.multi, conn->easy) != CURLM_OK)
		return false;
	conn->state = HTTP_CONN_CONNECTING;
	return true;
}

/* Of all that the post points to, only its body is needed afterwards. */
bool
http_client_start(struct http_client *client, struct http_post *post)
{
	struct instant now = clock_now();
	struct http_conn *conn = conn_pool_take(
	    &client->pool, post->url, now, &client->conn_options);

	if (conn == NULL)
		return false;
	upstream_response_reset(&post->response);
	post->sent = false;
	post->why = NULL;
	post->deadline.ns = now.ns + (int64_t)post->timeout_ms * NS_PER_MS;
	if (!http_conn_set_request(conn, post,
		post->headers != NULL ? post->headers : client->form) ||
	    !connected_or_connects(client, conn)) {
		conn->post = NULL;
		post->conn = NULL;
		conn_pool_add_closed(&client->pool, conn);
		return false;
	}
	if (post->deadline.ns < client->deadline.ns)
		client->deadline = post->deadline;
	conn_pool_add_busy(&client->pool, conn);
	if (conn->state == HTTP_CONN_IDLE)
		begin(client, conn);
	return true;
}

void
http_client_drop(struct http_client *client, struct http_post *post)
{
	struct http_conn *conn = post->conn;

	if (conn == NULL)
		return;
	conn->post = NULL;
	post->conn = NULL;
	conn_pool_release(&client->pool, conn, false);
}

/* --- work that is due --- */

static int
select_bits(uint32_t events)
{
	return (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
	       (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
	       (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
}

static void
on_conn_events(
    struct http_client *client, struct http_conn *conn, uint32_t events)
{
	struct http_post *post = conn->post;

	if (post != NULL) {
		if (http_conn_on_events(conn, events))
			finish(client, conn, post);
	} else if (!http_conn_still_idle(conn)) {
		conn_pool_close_idle(&client->pool, conn);
	}
}

static void
poll_sockets(struct http_client *client)
{
	struct epoll_event ready[SOCKETS];
	size_t count = epoll_set_poll(&client->sockets, ready, SOCKETS);
	struct http_conn *conn;
	int running;

	for (size_t i = 0; i < count; i++) {
		conn = epoll_set_owner(&client->sockets, ready[i].data.fd);
		if (conn != NULL)
			on_conn_events(client, conn, ready[i].events);
		else
			curl_multi_socket_action(client->pool.multi,
			    ready[i].data.fd, select_bits(ready[i].events),
			    &running);
	}
}

static void
run_libcurl_timer(struct http_client *client)
{
	int running;

	if (client->due.ns > clock_now().ns)
		return;
	client->due = INSTANT_NEVER; /* libcurl's timer fires once */
	curl_multi_socket_action(
	    client->pool.multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

/* What OpenSSL says of the server's certificate. */
static long
verify_result(CURL *easy)
{
	long result = -1;

	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
	return result;
}

static void
take_connected(struct http_client *client)
{
	struct http_conn *conn;
	CURLMsg *message;
	CURLcode code;
	int left;

	while ((message = curl_multi_info_read(client->pool.multi, &left)) !=
	       NULL) {
		code = message->data.result;
		curl_easy_getinfo(
		    message->easy_handle, CURLINFO_PRIVATE, &conn);
		if (code == CURLE_OK) {
			http_conn_connected(conn, clock_now());
			begin(client, conn);
		} else if (code == CURLE_PEER_FAILED_VERIFICATION) {
			fail(client, conn,
			    transport_error_certificate_text(
				verify_result(conn->easy)));
		} else {
			fail(client, conn, transport_error_text((int)code));
		}
	}
}

static void
check_deadlines(struct http_client *client)
{
	struct list_node *node, *next = client->pool.busy.first;
	struct http_conn *conn;
	struct instant now;

	if (next == NULL)
		return;
	now = clock_now();
	if (now.ns < client->deadline.ns)
		return;
	client->deadline = INSTANT_NEVER;
	while ((node = next) != NULL) {
		next = node->next;
		conn = conn_pool_conn(node);
		if (conn->post->deadline.ns <= now.ns)
			fail(client, conn,
			    conn->post->sent
				? "timeout: no answer in time"
				: "timeout: no connection in time");
		else if (conn->post->deadline.ns < client->deadline.ns)
			client->deadline = conn->post->deadline;
	}
}

void
http_client_run(struct http_client *client)
{
	poll_sockets(client);
	run_libcurl_timer(client);
	take_connected(client);
	drop_lost(client);
	check_deadlines(client);
}

struct http_post *
http_client_take(struct http_client *client)
{
	struct http_post *post = client->ended;

	if (post == NULL)
		return NULL;
	client->ended = post->next;
	if (client->ended == NULL)
		client->ended_end = &client->ended;
	return post;
}

/* Rounded up: to wake a millisecond too early would be for nothing. */
static int
until_due(const struct http_client *client, int ms)
{
	struct instant due = client->due;
	int64_t left;

	if (client->ended != NULL)
		return 0;
	if (client->pool.busy.first != NULL && client->deadline.ns < due.ns)
		due = client->deadline;
	if (due.ns == INSTANT_NEVER.ns || ms == 0)
		return ms;
	left = due.ns - clock_now().ns;
	if (left <= 0)
		return 0;
	left = (left + NS_PER_MS - 1) / NS_PER_MS;
	return ms < 0 || left < ms ? (int)left : ms;
}

void
http_client_wait(
    struct http_client *client, const int *fds, size_t count, int ms)
{
	struct pollfd all[HTTP_CLIENT_FDS_MAX + 1];

	assert(count <= HTTP_CLIENT_FDS_MAX);
	ms = until_due(client, ms);
	if (ms == 0)
		return;
	for (size_t i = 0; i < count; i++)
		all[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	all[count] =
	    (struct pollfd){ .fd = client->sockets.epoll, .events = POLLIN };
	(void)poll(all, count + 1, ms);
}

/* --- open, close --- */

static bool
set_up(struct http_client *client)
{
	int bad = 0;

	if (client->pool.multi == NULL || client->form == NULL)
		return false;
	bad |= curl_multi_setopt(
	    client->pool.multi, CURLMOPT_MAXCONNECTS, (long)client->max_posts);
	bad |= curl_multi_setopt(
	    client->pool.multi, CURLMOPT_SOCKETFUNCTION, on_socket_interest);
	bad |=
	    curl_multi_setopt(client->pool.multi, CURLMOPT_SOCKETDATA, client);
	bad |= curl_multi_setopt(
	    client->pool.multi, CURLMOPT_TIMERFUNCTION, on_timer);
	bad |=
	    curl_multi_setopt(client->pool.multi, CURLMOPT_TIMERDATA, client);
	return bad == 0;
}

static bool
check_file(const char *path, struct err *err)
{
	if (path == NULL || access(path, R_OK) == 0)
		return true;
	return err_set(
	    err, ERR_INPUT, 0, "ca_file %s: %s", path, strerror(errno));
}

bool
http_client_open(struct http_client **out, size_t max_posts,
    uint64_t connect_timeout_ms, const char *ca_file, struct err *err)
{
	struct http_client *client;

	if (!check_file(ca_file, err))
		return false;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_HOST, 0, "libcurl does not start");
	client = calloc(1, sizeof *client);
	if (client == NULL) {
		curl_global_cleanup();
		return err_set(err, ERR_HOST, 0, "out of memory");
	}
	client->due = client->deadline = INSTANT_NEVER;
	client->ended_end = &client->ended;
	client->max_posts = max_posts;
	client->conn_options = (struct http_conn_options){
		.connect_timeout_ms = (long)connect_timeout_ms,
		.ca_file = ca_file,
		.sockets = &client->sockets,
		.lost = on_lost,
		.arg = client,
	};
	client->form = http_headers_of_form();
	client->pool.multi = curl_multi_init();
	if (!epoll_set_init(&client->sockets) || !set_up(client)) {
		http_client_close(&client);
		return err_set(err, ERR_HOST, 0, "out of memory");
	}
	*out = client;
	return true;
}

void
http_client_close(struct http_client **client)
{
	struct http_client *c = *client;

	if (c == NULL)
		return;
	conn_pool_fini(&c->pool);
	if (c->pool.multi != NULL)
		curl_multi_cleanup(c->pool.multi);
	epoll_set_fini(&c->sockets);
	http_headers_release(c->form);
	free(c);
	curl_global_cleanup();
	*client = NULL;
}
