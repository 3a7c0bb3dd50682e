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

#define SOCKETS 64 /* looked at in one go */

struct http_client {
	struct epoll_set watch;
	struct instant due; /* libcurl wants a turn then */
	struct http_conn_options link_options;
	struct http_headers *form; /* what goes with a form */
	size_t most;

	struct conn_pool pool;
	bool lost; /* libcurl has closed some of its connections */

	struct instant deadline; /* no post's is earlier */
	struct http_client_post *ended, **ended_end;
};

/* --- connections --- */

static void
conclude(struct http_client *wire, struct http_client_post *post)
{
	post->next = NULL;
	*wire->ended_end = post;
	wire->ended_end = &post->next;
}

/*
 * The link's post has ended by itself.  After a form the next one is minutes
 * away: its connection is not worth keeping.
 */
static void
settle(struct http_client *wire, struct http_conn *link,
    struct http_client_post *post)
{
	conn_pool_end(
	    &wire->pool, link, post->fields != NULL && http_conn_keeps(link));
	conclude(wire, post);
}

static void
fail(struct http_client *wire, struct http_conn *link, const char *why)
{
	struct http_client_post *post = link->post;

	http_conn_end(link, why);
	settle(wire, link, post);
}

/*
 * libcurl found a connection dead while it made another one.  It is in the
 * midst of that, so the handle is taken from it later: see bury_lost.
 */
static void
on_lost(void *arg)
{
	((struct http_client *)arg)->lost = true;
}

static void
bury_lost(struct http_client *wire)
{
	struct http_conn *link, *next;

	if (!wire->lost)
		return;
	wire->lost = false;
	for (link = wire->pool.resting.first; link != NULL; link = next) {
		next = link->next;
		if (link->fd == -1)
			conn_pool_close(&wire->pool, link);
	}
	for (link = wire->pool.busy.first; link != NULL; link = next) {
		next = link->next;
		if (link->fd == -1 && link->state != HTTP_CONN_CONNECTING)
			fail(
			    wire, link, "reset: a kept connection died in use");
	}
}

/* --- libcurl asks, we watch --- */

/* -1: libcurl fails what is under way on that socket. */
static int
on_want(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct http_client *wire = arg;
	uint32_t events = 0;

	(void)easy, (void)unused;
	if (epoll_set_owner(&wire->watch, fd) != NULL)
		return 0; /* no more libcurl's, but its end */
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EPOLLOUT;
	return epoll_set_want(&wire->watch, fd, events) ? 0 : -1;
}

static int
on_timer(CURLM *multi, long ms, void *arg)
{
	struct http_client *wire = arg;

	(void)multi;
	wire->due = INSTANT_NEVER;
	if (ms >= 0)
		wire->due.ns = ms == 0 ? 0 : clock_now().ns + ms * NS_PER_MS;
	return 0;
}

/* --- posts --- */

static void
begin(struct http_client *wire, struct http_conn *link)
{
	struct http_client_post *post = link->post;

	if (http_conn_begin(link))
		settle(wire, link, post);
}

static bool
connected_or_connects(struct http_client *wire, struct http_conn *link)
{
	if (link->state == HTTP_CONN_RESTING)
		return true;
	if (curl_multi_add_handle(wire->pool.multi, link->easy) != CURLM_OK)
		return false;
	link->state = HTTP_CONN_CONNECTING;
	return true;
}

/* All that the post points to but its body is done with here. */
bool
http_client_start(struct http_client *wire, struct http_client_post *post)
{
	struct instant now = clock_now();
	struct http_conn *link =
	    conn_pool_take(&wire->pool, post->url, now, &wire->link_options);

	if (link == NULL)
		return false;
	upstream_response_reset(&post->reply);
	post->sent = false;
	post->why = NULL;
	post->deadline.ns = now.ns + (int64_t)post->timeout_ms * NS_PER_MS;
	if (!http_conn_load(
		link, post, post->fields != NULL ? post->fields : wire->form) ||
	    !connected_or_connects(wire, link)) {
		link->post = NULL;
		post->link = NULL;
		conn_pool_return(&wire->pool, link);
		return false;
	}
	if (post->deadline.ns < wire->deadline.ns)
		wire->deadline = post->deadline;
	conn_pool_use(&wire->pool, link);
	if (link->state == HTTP_CONN_RESTING)
		begin(wire, link);
	return true;
}

void
http_client_drop(struct http_client *wire, struct http_client_post *post)
{
	struct http_conn *link = post->link;

	if (link == NULL)
		return;
	link->post = NULL;
	post->link = NULL;
	conn_pool_end(&wire->pool, link, false);
}

/* --- a turn --- */

static int
bits_of(uint32_t events)
{
	return (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
	       (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
	       (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
}

static void
turn_link(struct http_client *wire, struct http_conn *link, uint32_t events)
{
	struct http_client_post *post = link->post;

	if (post != NULL) {
		if (http_conn_turn(link, events))
			settle(wire, link, post);
	} else if (!http_conn_still_rests(link)) {
		conn_pool_close(&wire->pool, link);
	}
}

static void
look_at_sockets(struct http_client *wire)
{
	struct epoll_event ready[SOCKETS];
	size_t count = epoll_set_look(&wire->watch, ready, SOCKETS);
	struct http_conn *link;
	int running;

	for (size_t i = 0; i < count; i++) {
		link = epoll_set_owner(&wire->watch, ready[i].data.fd);
		if (link != NULL)
			turn_link(wire, link, ready[i].events);
		else
			curl_multi_socket_action(wire->pool.multi,
			    ready[i].data.fd, bits_of(ready[i].events),
			    &running);
	}
}

static void
look_at_libcurls_time(struct http_client *wire)
{
	int running;

	if (wire->due.ns > clock_now().ns)
		return;
	wire->due = INSTANT_NEVER; /* once: libcurl need not say so */
	curl_multi_socket_action(
	    wire->pool.multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

/* On the server's certificate. */
static long
response_class_of(CURL *easy)
{
	long result = -1;

	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
	return result;
}

static void
take_connections(struct http_client *wire)
{
	struct http_conn *link;
	CURLMsg *message;
	CURLcode code;
	int left;

	while (
	    (message = curl_multi_info_read(wire->pool.multi, &left)) != NULL) {
		code = message->data.result;
		curl_easy_getinfo(
		    message->easy_handle, CURLINFO_PRIVATE, &link);
		if (code == CURLE_OK) {
			http_conn_connected(link, clock_now());
			begin(wire, link);
		} else if (code == CURLE_PEER_FAILED_VERIFICATION) {
			fail(wire, link,
			    transport_error_certificate(
				response_class_of(link->easy)));
		} else {
			fail(wire, link, transport_error((int)code));
		}
	}
}

static void
look_at_deadlines(struct http_client *wire)
{
	struct instant now;
	struct http_conn *link, *next;

	if (wire->pool.busy.first == NULL)
		return;
	now = clock_now();
	if (now.ns < wire->deadline.ns)
		return;
	wire->deadline = INSTANT_NEVER;
	for (link = wire->pool.busy.first; link != NULL; link = next) {
		next = link->next;
		if (link->post->deadline.ns <= now.ns)
			fail(wire, link,
			    link->post->sent
				? "timeout: no answer in time"
				: "timeout: no connection in time");
		else if (link->post->deadline.ns < wire->deadline.ns)
			wire->deadline = link->post->deadline;
	}
}

void
http_client_run(struct http_client *wire)
{
	look_at_sockets(wire);
	look_at_libcurls_time(wire);
	take_connections(wire);
	bury_lost(wire);
	look_at_deadlines(wire);
}

struct http_client_post *
http_client_take(struct http_client *wire)
{
	struct http_client_post *post = wire->ended;

	if (post == NULL)
		return NULL;
	wire->ended = post->next;
	if (wire->ended == NULL)
		wire->ended_end = &wire->ended;
	return post;
}

/* Rounded up: a millisecond too early would be a turn for nothing. */
static int
until_due(const struct http_client *wire, int ms)
{
	struct instant due = wire->due;
	int64_t left;

	if (wire->ended != NULL)
		return 0;
	if (wire->pool.busy.first != NULL && wire->deadline.ns < due.ns)
		due = wire->deadline;
	if (due.ns == INSTANT_NEVER.ns || ms == 0)
		return ms;
	left = due.ns - clock_now().ns;
	if (left <= 0)
		return 0;
	left = (left + NS_PER_MS - 1) / NS_PER_MS;
	return ms < 0 || left < ms ? (int)left : ms;
}

void
http_client_wait(struct http_client *wire, const int *fds, size_t count, int ms)
{
	struct pollfd all[HTTP_CLIENT_FDS_MAX + 1];

	assert(count <= HTTP_CLIENT_FDS_MAX);
	ms = until_due(wire, ms);
	if (ms == 0)
		return;
	for (size_t i = 0; i < count; i++)
		all[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	all[count] =
	    (struct pollfd){ .fd = wire->watch.epoll, .events = POLLIN };
	(void)poll(all, count + 1, ms);
}

/* --- life, end --- */

static bool
set_up(struct http_client *wire)
{
	int bad = 0;

	if (wire->pool.multi == NULL || wire->form == NULL)
		return false;
	bad |= curl_multi_setopt(
	    wire->pool.multi, CURLMOPT_MAXCONNECTS, (long)wire->most);
	bad |= curl_multi_setopt(
	    wire->pool.multi, CURLMOPT_SOCKETFUNCTION, on_want);
	bad |= curl_multi_setopt(wire->pool.multi, CURLMOPT_SOCKETDATA, wire);
	bad |= curl_multi_setopt(
	    wire->pool.multi, CURLMOPT_TIMERFUNCTION, on_timer);
	bad |= curl_multi_setopt(wire->pool.multi, CURLMOPT_TIMERDATA, wire);
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
http_client_open(struct http_client **out, size_t most,
    uint64_t connect_timeout_ms, const char *ca_file, struct err *err)
{
	struct http_client *wire;

	if (!check_file(ca_file, err))
		return false;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_HOST, 0, "libcurl does not start");
	wire = calloc(1, sizeof *wire);
	if (wire == NULL) {
		curl_global_cleanup();
		return err_set(err, ERR_HOST, 0, "out of memory");
	}
	wire->due = wire->deadline = INSTANT_NEVER;
	wire->ended_end = &wire->ended;
	wire->most = most;
	wire->link_options = (struct http_conn_options){
		.connect_timeout_ms = (long)connect_timeout_ms,
		.ca_file = ca_file,
		.watch = &wire->watch,
		.lost = on_lost,
		.arg = wire,
	};
	wire->form = http_headers_of_form();
	wire->pool.multi = curl_multi_init();
	if (!epoll_set_init(&wire->watch) || !set_up(wire)) {
		http_client_close(&wire);
		return err_set(err, ERR_HOST, 0, "out of memory");
	}
	*out = wire;
	return true;
}

void
http_client_close(struct http_client **wire)
{
	struct http_client *w = *wire;

	if (w == NULL)
		return;
	conn_pool_fini(&w->pool);
	if (w->pool.multi != NULL)
		curl_multi_cleanup(w->pool.multi);
	epoll_set_fini(&w->watch);
	http_headers_release(w->form);
	free(w);
	curl_global_cleanup();
	*wire = NULL;
}
