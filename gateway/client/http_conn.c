#include "gateway/client/http_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

#include <curl/curl.h>

/* A TLS record: the largest piece that is sent or read at once. */
#define CHUNK_BYTES 16384
#define HEAD_MAX    (256 << 10)

/* --- the handle --- */

static int
on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	struct http_conn *conn = arg;

	(void)purpose;
	return epoll_set_opened(conn->options->sockets, fd)
		   ? CURL_SOCKOPT_OK
		   : CURL_SOCKOPT_ERROR;
}

/* Also called for an address that lost the race, whose fd we never had. */
static int
on_close(void *arg, curl_socket_t fd)
{
	struct http_conn *conn = arg;

	epoll_set_closing(conn->options->sockets, fd);
	if (fd == conn->fd) {
		conn->fd = -1;
		conn->options->lost(conn->options->arg);
	}
	return close(fd);
}

/*
 * curl_easy_setopt wants longs, and returns 0 unless there is no memory or a
 * feature was not built in.
 */
static bool
set_up(CURL *easy, struct http_conn *conn)
{
	const struct http_conn_options *o = conn->options;
	int bad = 0;

	bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, conn);
	bad |= curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	bad |= curl_easy_setopt(
	    easy, CURLOPT_CONNECTTIMEOUT_MS, o->connect_timeout_ms);
	bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	bad |= curl_easy_setopt(
	    easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	bad |= curl_easy_setopt(
	    easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (o->ca_file != NULL)
		bad |= curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_file);
	bad |= curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
	bad |= curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, conn);
	bad |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	bad |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, conn);
	return bad == 0;
}

struct http_conn *
http_conn_new(const struct http_conn_options *options)
{
	struct http_conn *conn = calloc(1, sizeof *conn);

	if (conn == NULL)
		return NULL;
	conn->options = options;
	conn->fd = -1;
	buffer_init(&conn->out, HEAD_MAX);
	http_response_init(&conn->response);
	conn->easy = curl_easy_init();
	if (conn->easy != NULL && set_up(conn->easy, conn))
		return conn;
	http_conn_free(conn);
	return NULL;
}

void
http_conn_free(struct http_conn *conn)
{
	if (conn == NULL)
		return;
	curl_easy_cleanup(conn->easy);
	origin_fini(&conn->origin);
	buffer_fini(&conn->out);
	http_response_fini(&conn->response);
	free(conn);
}

bool
http_conn_set_origin(struct http_conn *conn, const char *url)
{
	return origin_is_of(&conn->origin, url) ||
	       origin_set(&conn->origin, conn->easy, url);
}

void
http_conn_connected(struct http_conn *conn, struct instant now)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	curl_easy_getinfo(conn->easy, CURLINFO_ACTIVESOCKET, &fd);
	conn->fd = fd;
	conn->connected_at = now;
	conn->reused = false;
	epoll_set_set_owner(conn->options->sockets, fd, conn);
}

/* --- bytes --- */

/*
 * Only TLS needs libcurl to pass bytes: at each call it searches its connection
 * among all there are, which at a hundred connections costs 2 us.
 */
static CURLcode
code_of(ssize_t n, CURLcode broken)
{
	if (n >= 0)
		return CURLE_OK;
	return errno == EAGAIN || errno == EINTR ? CURLE_AGAIN : broken;
}

static CURLcode
send_bytes(struct http_conn *conn, struct span bytes, size_t *n_out)
{
	ssize_t n;

	if (!conn->origin.plain)
		return curl_easy_send(conn->easy, bytes.at, bytes.len, n_out);
	n = send(conn->fd, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	*n_out = n > 0 ? (size_t)n : 0;
	return code_of(n, CURLE_SEND_ERROR);
}

static CURLcode
receive_bytes(struct http_conn *conn, char *to, size_t room, size_t *n_out)
{
	ssize_t n;

	if (!conn->origin.plain)
		return curl_easy_recv(conn->easy, to, room, n_out);
	n = recv(conn->fd, to, room, MSG_DONTWAIT);
	*n_out = n > 0 ? (size_t)n : 0;
	return code_of(n, CURLE_RECV_ERROR);
}

/* --- a request --- */

static bool
print_head(struct http_conn *conn, const struct http_headers *headers)
{
	struct http_post *post = conn->post;
	struct span path = origin_path(post->url);
	const char *slash = path.len > 0 && *path.at == '/' ? "" : "/";

	buffer_reset(&conn->out);
	if (!buffer_print(&conn->out,
		"POST %s%.*s HTTP/1.1\r\nHost: %s\r\n%.*s"
		"Content-Length: %zu\r\n\r\n",
		slash, (int)path.len, path.at, conn->origin.host,
		(int)headers->lines.len, headers->lines.at, post->body.len))
		return false;
	conn->head = conn->out.len;
	return true;
}

/* As much of the body as fills the first piece. */
static bool
append_body_start(struct http_conn *conn)
{
	struct span body = conn->post->body;
	size_t room = 0;

	if (conn->head < CHUNK_BYTES)
		room = CHUNK_BYTES - conn->head;
	return buffer_append(
	    &conn->out, body.at, body.len < room ? body.len : room);
}

static size_t
unsent(const struct http_conn *conn)
{
	return conn->head + conn->post->body.len - conn->sent;
}

/*
 * The kernel takes more bytes than the server has read.  A server that has read
 * all acknowledges all: what is unacknowledged, it has not read.
 */
static bool
server_has_all(const struct http_conn *conn)
{
	int unacknowledged = 0;

	if (unsent(conn) > 0)
		return false;
	return conn->post->body.len <= CHUNK_BYTES ||
	       ioctl(conn->fd, SIOCOUTQ, &unacknowledged) != 0 ||
	       unacknowledged == 0;
}

/* The secret is in the head, or in the body if that is a form. */
static void
wipe_secret(struct http_conn *conn, const struct http_post *post)
{
	if (conn->out.at != NULL)
		explicit_bzero(conn->out.at,
		    post->headers == NULL ? conn->out.len : conn->head);
}

void
http_conn_end(struct http_conn *conn, const char *why)
{
	struct http_post *post = conn->post;

	post->why = why;
	if (post->response.whole)
		post->why =
		    post->response.status / 100 == 2 && !server_has_all(conn)
			? "garbage: taken before it was sent"
			: NULL;
	wipe_secret(conn, post);
	conn->post = NULL;
	post->conn = NULL;
	conn->state = HTTP_CONN_IDLE;
}

/* --- receiving --- */

static bool
append_whole(struct buffer *whole, struct span chunk)
{
	size_t room = whole->max - whole->len;

	return buffer_append(
		   whole, chunk.at, chunk.len < room ? chunk.len : room) &&
	       chunk.len <= room;
}

/* NULL: it goes on; else why it has ended, unless a response is there. */
static const char *
handle_step(
    struct http_conn *conn, enum http_response_step step, struct span what)
{
	struct http_post *post = conn->post;
	bool good = true;

	switch (step) {
	case HTTP_RESPONSE_WANTS:
		return NULL;
	case HTTP_RESPONSE_LINE:
		return upstream_response_head(
			   &post->response, what, clock_wall_ms())
			   ? NULL
			   : "garbage: a head without end";
	case HTTP_RESPONSE_PIECE:
		if (post->whole != NULL)
			good = append_whole(post->whole, what);
		return upstream_response_body(&post->response, what) && good
			   ? NULL
			   : "garbage: a body without end";
	case HTTP_RESPONSE_DONE:
		return "garbage: an answer without a status";
	case HTTP_RESPONSE_LINE_TOO_LONG:
		return "garbage: a head without end";
	case HTTP_RESPONSE_BROKEN:
		break;
	}
	return "garbage: the answer is not HTTP";
}

/* Bytes behind the response belong to no request: then it is not reused. */
static bool
parse(struct http_conn *conn, struct span in)
{
	enum http_response_step step;
	struct span what;
	const char *why;

	do {
		step = http_response_next(&conn->response, &in, &what);
		why = handle_step(conn, step, what);
		if (why == NULL)
			continue;
		conn->reusable = step == HTTP_RESPONSE_DONE && in.len == 0 &&
				 unsent(conn) == 0 &&
				 http_response_reusable(&conn->response);
		http_conn_end(conn, why);
		return true;
	} while (step != HTTP_RESPONSE_WANTS);
	if (conn->post->response.whole && conn->state == HTTP_CONN_SENDING) {
		conn->state = HTTP_CONN_READING; /* no need to send more */
		(void)epoll_set_want(conn->options->sockets, conn->fd, EPOLLIN);
	}
	return false;
}

static const char *
why_closed(const struct http_conn *conn, CURLcode code)
{
	if (conn->post->response.head_bytes > 0 || conn->response.line.len > 0)
		return "reset: closed amid the answer's head";
	if (conn->reused)
		return "reset: a kept connection died in use";
	return code == CURLE_OK ? "reset: closed without an answer"
				: "reset: broken while waiting";
}

static bool
receive(struct http_conn *conn)
{
	char in[CHUNK_BYTES];
	size_t n = 0;
	CURLcode code = receive_bytes(conn, in, sizeof in, &n);
	bool secret = conn->post->whole != NULL, ended;

	if (code == CURLE_AGAIN)
		return false;
	if (code == CURLE_OK && n > 0) {
		ended = parse(conn, (struct span){ in, n });
		if (secret) /* a token */
			explicit_bzero(in, n);
		return ended;
	}
	http_conn_end(conn, why_closed(conn, code));
	return true;
}

/* --- sending --- */

static struct span
next_chunk(const struct http_conn *conn)
{
	size_t begun = conn->out.len - conn->head; /* of the body */

	if (conn->sent < conn->out.len)
		return (struct span){ conn->out.at + conn->sent,
			conn->out.len - conn->sent };
	return (struct span){ conn->post->body.at + begun +
				  (conn->sent - conn->out.len),
		unsent(conn) };
}

/* The server may have answered before it closed. */
static bool
fail_sending(struct http_conn *conn)
{
	if (receive(conn))
		return true;
	http_conn_end(conn, conn->reused && conn->sent == 0
				? "reset: a kept connection died in use"
				: "reset: broken while sending");
	return true;
}

static bool
send_more(struct http_conn *conn)
{
	struct epoll_set *sockets = conn->options->sockets;
	struct span chunk;
	CURLcode code;
	size_t n;

	conn->post->sent = true;
	while (unsent(conn) > 0) {
		chunk = next_chunk(conn);
		n = 0;
		code = send_bytes(conn, chunk, &n);
		if (code == CURLE_AGAIN || (code == CURLE_OK && n == 0))
			return !epoll_set_want(
				   sockets, conn->fd, EPOLLIN | EPOLLOUT) &&
			       fail_sending(conn);
		if (code != CURLE_OK)
			return fail_sending(conn);
		conn->sent += n;
	}
	conn->state = HTTP_CONN_READING;
	return !epoll_set_want(sockets, conn->fd, EPOLLIN) &&
	       fail_sending(conn);
}

bool
http_conn_set_request(struct http_conn *conn, struct http_post *post,
    const struct http_headers *headers)
{
	conn->post = post;
	conn->sent = 0;
	conn->reusable = false;
	http_response_begin(&conn->response);
	if (print_head(conn, headers) && append_body_start(conn)) {
		post->conn = conn;
		return true;
	}
	conn->post = NULL;
	return false;
}

bool
http_conn_start(struct http_conn *conn)
{
	conn->state = HTTP_CONN_SENDING;
	return send_more(conn);
}

bool
http_conn_on_events(struct http_conn *conn, uint32_t events)
{
	if ((events & ~(uint32_t)EPOLLOUT) != 0 && receive(conn))
		return true;
	return conn->state == HTTP_CONN_SENDING && (events & EPOLLOUT) != 0 &&
	       send_more(conn);
}

bool
http_conn_reusable(const struct http_conn *conn)
{
	return conn->fd != -1 && conn->reusable;
}

bool
http_conn_still_idle(struct http_conn *conn)
{
	char byte;
	size_t n;

	return receive_bytes(conn, &byte, 1, &n) == CURLE_AGAIN;
}
