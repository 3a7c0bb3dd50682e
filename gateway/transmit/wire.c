#include "gateway/transmit/wire.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "gateway/clock.h"
#include "gateway/transmit/watch.h"
#include "gateway/transmit/wire_failure.h"

#define CONNECTION_LIFE_S 120L  /* so that a moved name is followed */
#define READ_BUFFER_BYTES 8192L /* answers are small, transfers many */
#define SOCKETS           64    /* looked at in one go */

/*
 * A handle keeps what it was told, so that the next request tells it only what
 * is new: to libcurl an URL costs as much as all the rest of a small request.
 */
struct handle {
	CURL *easy;
	struct wire_post *post; /* under way with it */
	CURLU *target;
	char *url; /* of which `target` is what libcurl makes; NULL: none */
	struct handle *next;
};

struct wire {
	CURLM *multi;
	struct watch watch;
	struct instant due; /* libcurl wants a turn then */
	long connect_timeout_ms;
	const char *ca_file;
	struct wire_fields *form; /* what goes with a form */
	struct handle *idle;      /* not under way; `most` there are at most */
	size_t most;
};

/* On the server's certificate. */
static long
verdict_of(CURL *easy)
{
	long result = -1;

	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
	return result;
}

static const char *
why_failed(const struct wire_post *post, CURLcode code)
{
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return wire_failure_certificate(verdict_of(post->handle->easy));
	if (code == CURLE_OPERATION_TIMEDOUT && !post->sent)
		return "timeout: no connection in time";
	return wire_failure((int)code);
}

static size_t
on_head(char *at, size_t one, size_t len, void *arg)
{
	struct wire_post *post = ((struct handle *)arg)->post;
	struct span line = { at, len * one };

	return reply_head(&post->reply, line, clock_wall_ms()) ? line.len : 0;
}

static size_t
on_body(char *at, size_t one, size_t len, void *arg)
{
	struct wire_post *post = ((struct handle *)arg)->post;
	struct span piece = { at, len * one };
	struct buffer *whole = post->whole;
	size_t taken = piece.len;

	if (whole != NULL && taken > whole->max - whole->len)
		taken = whole->max - whole->len;
	if (whole != NULL && !buffer_append(whole, piece.at, taken))
		return 0;
	return reply_body(&post->reply, piece) ? taken : 0;
}

/*
 * A request is about to leave.  When a kept connection turns out to be dead,
 * libcurl takes another and comes here a second time.
 */
static int
on_request(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct wire_post *post = ((struct handle *)arg)->post;

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (post->sent)
		return CURL_PREREQFUNC_ABORT;
	post->sent = true;
	return CURL_PREREQFUNC_OK;
}

/* --- sockets and time: libcurl asks, we watch --- */

static int
on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	struct wire *wire = arg;

	(void)purpose;
	return watch_new(&wire->watch, fd) ? CURL_SOCKOPT_OK
					   : CURL_SOCKOPT_ERROR;
}

static int
on_close(void *arg, curl_socket_t fd)
{
	struct wire *wire = arg;

	watch_gone(&wire->watch, fd);
	return close(fd);
}

/* -1: libcurl fails what is under way on that socket. */
static int
on_want(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct wire *wire = arg;
	uint32_t events = 0;

	(void)easy, (void)unused;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EPOLLOUT;
	return watch_want(&wire->watch, fd, events) ? 0 : -1;
}

static int
on_timer(CURLM *multi, long ms, void *arg)
{
	struct wire *wire = arg;

	(void)multi;
	wire->due = INSTANT_NEVER;
	if (ms >= 0)
		wire->due.ns = ms == 0 ? 0 : clock_now().ns + ms * NS_PER_MS;
	return 0;
}

/* --- handles --- */

/*
 * What holds for every request.  curl_easy_setopt wants longs, and answers 0
 * unless it has no memory or a feature was not built in.
 */
static bool
set_bounds(CURL *easy, struct wire *wire)
{
	int bad = 0;

	bad |= curl_easy_setopt(
	    easy, CURLOPT_CONNECTTIMEOUT_MS, wire->connect_timeout_ms);
	bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, READ_BUFFER_BYTES);
	bad |=
	    curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, CONNECTION_LIFE_S);
	bad |= curl_easy_setopt(
	    easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (wire->ca_file != NULL)
		bad |= curl_easy_setopt(easy, CURLOPT_CAINFO, wire->ca_file);
	bad |= curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
	bad |= curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, wire);
	bad |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	bad |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, wire);
	return bad == 0;
}

static bool
set_manners(CURL *easy)
{
	int bad = 0;

	bad |= curl_easy_setopt(
	    easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(
	    easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	bad |= curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	return bad == 0;
}

static bool
set_callbacks(CURL *easy, struct handle *handle)
{
	int bad = 0;

	bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, handle);
	bad |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
	bad |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, handle);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, handle);
	bad |= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
	bad |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, handle);
	return bad == 0;
}

static void
handle_free(struct handle *handle)
{
	if (handle == NULL)
		return;
	curl_easy_cleanup(handle->easy);
	curl_url_cleanup(handle->target);
	free(handle->url);
	free(handle);
}

static struct handle *
take_handle(struct wire *wire)
{
	struct handle *handle = wire->idle;

	if (handle != NULL) {
		wire->idle = handle->next;
		return handle;
	}
	handle = calloc(1, sizeof *handle);
	if (handle == NULL)
		return NULL;
	handle->easy = curl_easy_init();
	if (handle->easy != NULL && set_bounds(handle->easy, wire) &&
	    set_manners(handle->easy) && set_callbacks(handle->easy, handle))
		return handle;
	handle_free(handle);
	return NULL;
}

static void
put_handle(struct wire *wire, struct wire_post *post)
{
	post->handle->next = wire->idle;
	wire->idle = post->handle;
	post->handle = NULL;
}

/* A proxy of the environment gets only what it cannot read. */
static bool
aim(struct handle *handle, const char *url)
{
	bool plain = strncmp(url, "http:", 5) == 0;
	CURLU *target;
	char *copy;

	if (handle->url != NULL && strcmp(handle->url, url) == 0)
		return true;
	target = curl_url();
	copy = strdup(url);
	if (target == NULL || copy == NULL ||
	    curl_url_set(target, CURLUPART_URL, url,
		CURLU_PATH_AS_IS | CURLU_DISALLOW_USER) != CURLUE_OK ||
	    curl_easy_setopt(handle->easy, CURLOPT_CURLU, target) != CURLE_OK ||
	    curl_easy_setopt(handle->easy, CURLOPT_NOPROXY,
		plain ? "*" : NULL) != CURLE_OK) {
		curl_url_cleanup(target);
		free(copy);
		return false;
	}
	curl_url_cleanup(handle->target);
	free(handle->url);
	handle->target = target;
	handle->url = copy;
	return true;
}

/* What differs from one request to the next. */
static bool
load(CURL *easy, const struct wire *wire, const struct wire_post *post)
{
	bool form = post->fields == NULL;
	const struct wire_fields *fields = form ? wire->form : post->fields;
	int bad = 0;

	bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->body.at);
	bad |= curl_easy_setopt(
	    easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.len);
	bad |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields->list);
	bad |=
	    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)post->timeout_ms);
	/* The next form is minutes away: its connection is not worth keeping */
	bad |= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long)form);
	return bad == 0;
}

/* --- posts --- */

bool
wire_start(struct wire *wire, struct wire_post *post)
{
	struct handle *handle = take_handle(wire);

	if (handle == NULL)
		return false;
	post->handle = handle;
	handle->post = post;
	reply_reset(&post->reply);
	post->sent = false;
	post->why = NULL;
	if (aim(handle, post->url) && load(handle->easy, wire, post) &&
	    curl_multi_add_handle(wire->multi, handle->easy) == CURLM_OK)
		return true;
	put_handle(wire, post);
	return false;
}

void
wire_drop(struct wire *wire, struct wire_post *post)
{
	if (post->handle == NULL)
		return;
	curl_multi_remove_handle(wire->multi, post->handle->easy);
	put_handle(wire, post);
}

static int
bits_of(uint32_t events)
{
	return (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
	       (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
	       (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
}

void
wire_run(struct wire *wire)
{
	struct epoll_event ready[SOCKETS];
	size_t count = watch_look(&wire->watch, ready, SOCKETS);
	int running;

	for (size_t i = 0; i < count; i++)
		curl_multi_socket_action(wire->multi, ready[i].data.fd,
		    bits_of(ready[i].events), &running);
	if (wire->due.ns > clock_now().ns)
		return;
	wire->due = INSTANT_NEVER; /* once: libcurl need not say so */
	curl_multi_socket_action(wire->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

/* A 2xx to what did not leave to its end: nobody can have taken it. */
static bool
took_too_early(const struct wire_post *post)
{
	curl_off_t sent = 0;

	if (post->reply.status / 100 != 2)
		return false;
	curl_easy_getinfo(post->handle->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	return sent < (curl_off_t)post->body.len;
}

struct wire_post *
wire_take(struct wire *wire)
{
	struct wire_post *post;
	struct handle *handle;
	CURLMsg *message;
	CURLcode code;
	int left;

	message = curl_multi_info_read(wire->multi, &left);
	if (message == NULL)
		return NULL;
	code = message->data.result;
	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &handle);
	post = handle->post;
	if (!post->reply.whole)
		post->why = why_failed(post, code);
	else if (took_too_early(post))
		post->why = "garbage: taken before it was sent";
	wire_drop(wire, post);
	return post;
}

/* Rounded up: a millisecond too early would be a turn for nothing. */
static int
until_due(const struct wire *wire, int ms)
{
	int64_t left;

	if (wire->due.ns == INSTANT_NEVER.ns || ms == 0)
		return ms;
	left = wire->due.ns - clock_now().ns;
	if (left <= 0)
		return 0;
	left = (left + NS_PER_MS - 1) / NS_PER_MS;
	return ms < 0 || left < ms ? (int)left : ms;
}

void
wire_wait(struct wire *wire, const int *fds, size_t count, int ms)
{
	struct pollfd all[WIRE_FDS_MAX + 1];

	assert(count <= WIRE_FDS_MAX);
	ms = until_due(wire, ms);
	if (ms == 0)
		return;
	for (size_t i = 0; i < count; i++)
		all[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	all[count] =
	    (struct pollfd){ .fd = wire->watch.epoll, .events = POLLIN };
	(void)poll(all, count + 1, ms);
}

static bool
set_up(struct wire *wire)
{
	int bad = 0;

	if (wire->multi == NULL || wire->form == NULL)
		return false;
	bad |= curl_multi_setopt(
	    wire->multi, CURLMOPT_MAXCONNECTS, (long)wire->most);
	bad |= curl_multi_setopt(wire->multi, CURLMOPT_SOCKETFUNCTION, on_want);
	bad |= curl_multi_setopt(wire->multi, CURLMOPT_SOCKETDATA, wire);
	bad |= curl_multi_setopt(wire->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	bad |= curl_multi_setopt(wire->multi, CURLMOPT_TIMERDATA, wire);
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
wire_open(struct wire **out, size_t most, uint64_t connect_timeout_ms,
    const char *ca_file, struct err *err)
{
	struct wire *wire;

	if (!check_file(ca_file, err))
		return false;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_HOST, 0, "libcurl does not start");
	wire = calloc(1, sizeof *wire);
	if (wire == NULL) {
		curl_global_cleanup();
		return err_set(err, ERR_HOST, 0, "out of memory");
	}
	wire->due = INSTANT_NEVER;
	wire->connect_timeout_ms = (long)connect_timeout_ms;
	wire->ca_file = ca_file;
	wire->most = most;
	wire->form = wire_fields_of_form();
	wire->multi = curl_multi_init();
	if (!watch_init(&wire->watch) || !set_up(wire)) {
		wire_close(&wire);
		return err_set(err, ERR_HOST, 0, "out of memory");
	}
	*out = wire;
	return true;
}

void
wire_close(struct wire **wire)
{
	struct wire *w = *wire;
	struct handle *handle;

	if (w == NULL)
		return;
	while ((handle = w->idle) != NULL) {
		w->idle = handle->next;
		handle_free(handle);
	}
	if (w->multi != NULL)
		curl_multi_cleanup(w->multi);
	watch_fini(&w->watch);
	wire_fields_release(w->form);
	free(w);
	curl_global_cleanup();
	*wire = NULL;
}
