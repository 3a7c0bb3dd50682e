#include "gateway/client/http_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

#include <curl/curl.h>

/* A TLS record; and the largest one that comes is read in one go. */
#define PIECE_BYTES 16384
#define HEAD_MOST   (256 << 10)

/* --- the handle --- */

static int
on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	struct http_conn *link = arg;

	(void)purpose;
	return epoll_set_new(link->options->watch, fd) ? CURL_SOCKOPT_OK
						       : CURL_SOCKOPT_ERROR;
}

/* Also of an address that lost the race, which we never had. */
static int
on_close(void *arg, curl_socket_t fd)
{
	struct http_conn *link = arg;

	epoll_set_gone(link->options->watch, fd);
	if (fd == link->fd) {
		link->fd = -1;
		link->options->lost(link->options->arg);
	}
	return close(fd);
}

/*
 * curl_easy_setopt wants longs, and answers 0 unless it has no memory or a
 * feature was not built in.
 */
static bool
set_up(CURL *easy, struct http_conn *link)
{
	const struct http_conn_options *o = link->options;
	int bad = 0;

	bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, link);
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
	bad |= curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, link);
	bad |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	bad |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, link);
	return bad == 0;
}

struct http_conn *
http_conn_new(const struct http_conn_options *options)
{
	struct http_conn *link = calloc(1, sizeof *link);

	if (link == NULL)
		return NULL;
	link->options = options;
	link->fd = -1;
	buffer_init(&link->out, HEAD_MOST);
	http_response_init(&link->response);
	link->easy = curl_easy_init();
	if (link->easy != NULL && set_up(link->easy, link))
		return link;
	http_conn_free(link);
	return NULL;
}

void
http_conn_free(struct http_conn *link)
{
	if (link == NULL)
		return;
	curl_easy_cleanup(link->easy);
	origin_fini(&link->origin);
	buffer_fini(&link->out);
	http_response_fini(&link->response);
	free(link);
}

bool
http_conn_aim(struct http_conn *link, const char *url)
{
	return origin_is_of(&link->origin, url) ||
	       origin_set(&link->origin, link->easy, url);
}

void
http_conn_connected(struct http_conn *link, struct instant now)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	curl_easy_getinfo(link->easy, CURLINFO_ACTIVESOCKET, &fd);
	link->fd = fd;
	link->born = now;
	link->kept = false;
	epoll_set_give(link->options->watch, fd, link);
}

/* --- bytes --- */

/*
 * Only TLS needs libcurl to pass bytes: at each call it looks its connection up
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
pass_out(struct http_conn *link, struct span bytes, size_t *n_out)
{
	ssize_t n;

	if (!link->origin.plain)
		return curl_easy_send(link->easy, bytes.at, bytes.len, n_out);
	n = send(link->fd, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	*n_out = n > 0 ? (size_t)n : 0;
	return code_of(n, CURLE_SEND_ERROR);
}

static CURLcode
pass_in(struct http_conn *link, char *to, size_t room, size_t *n_out)
{
	ssize_t n;

	if (!link->origin.plain)
		return curl_easy_recv(link->easy, to, room, n_out);
	n = recv(link->fd, to, room, MSG_DONTWAIT);
	*n_out = n > 0 ? (size_t)n : 0;
	return code_of(n, CURLE_RECV_ERROR);
}

/* --- a request --- */

static bool
print_head(struct http_conn *link, const struct http_headers *fields)
{
	struct http_client_post *post = link->post;
	struct span path = origin_path(post->url);
	const char *slash = path.len > 0 && *path.at == '/' ? "" : "/";

	buffer_reset(&link->out);
	if (!buffer_print(&link->out,
		"POST %s%.*s HTTP/1.1\r\nHost: %s\r\n%.*s"
		"Content-Length: %zu\r\n\r\n",
		slash, (int)path.len, path.at, link->origin.host,
		(int)fields->lines.len, fields->lines.at, post->body.len))
		return false;
	link->head = link->out.len;
	return true;
}

/* How the body begins goes along, as much as makes one piece. */
static bool
print_begin(struct http_conn *link)
{
	struct span body = link->post->body;
	size_t room = 0;

	if (link->head < PIECE_BYTES)
		room = PIECE_BYTES - link->head;
	return buffer_append(
	    &link->out, body.at, body.len < room ? body.len : room);
}

static size_t
unsent(const struct http_conn *link)
{
	return link->head + link->post->body.len - link->sent;
}

/*
 * The kernel takes more than the server does.  But an answer from one that has
 * read all acknowledges all: what is unacknowledged, it did not read.
 */
static bool
has_left(const struct http_conn *link)
{
	int unacknowledged = 0;

	if (unsent(link) > 0)
		return false;
	return link->post->body.len <= PIECE_BYTES ||
	       ioctl(link->fd, SIOCOUTQ, &unacknowledged) != 0 ||
	       unacknowledged == 0;
}

/* A secret stands in the head, or in a form. */
static void
wipe(struct http_conn *link, const struct http_client_post *post)
{
	if (link->out.at != NULL)
		explicit_bzero(link->out.at,
		    post->fields == NULL ? link->out.len : link->head);
}

void
http_conn_end(struct http_conn *link, const char *why)
{
	struct http_client_post *post = link->post;

	post->why = why;
	if (post->reply.whole)
		post->why = post->reply.status / 100 == 2 && !has_left(link)
				? "garbage: taken before it was sent"
				: NULL;
	wipe(link, post);
	link->post = NULL;
	post->link = NULL;
	link->state = HTTP_CONN_RESTING;
}

/* --- what comes --- */

static bool
keep_whole(struct buffer *whole, struct span piece)
{
	size_t room = whole->max - whole->len;

	return buffer_append(
		   whole, piece.at, piece.len < room ? piece.len : room) &&
	       piece.len <= room;
}

/* NULL: it goes on; else why it has ended, unless an answer is there. */
static const char *
heed(struct http_conn *link, enum http_response_step step, struct span what)
{
	struct http_client_post *post = link->post;
	bool good = true;

	switch (step) {
	case HTTP_RESPONSE_WANTS:
		return NULL;
	case HTTP_RESPONSE_LINE:
		return upstream_response_head(
			   &post->reply, what, clock_wall_ms())
			   ? NULL
			   : "garbage: a head without end";
	case HTTP_RESPONSE_PIECE:
		if (post->whole != NULL)
			good = keep_whole(post->whole, what);
		return upstream_response_body(&post->reply, what) && good
			   ? NULL
			   : "garbage: a body without end";
	case HTTP_RESPONSE_DONE:
		return "garbage: an answer without a status";
	case HTTP_RESPONSE_ENDLESS:
		return "garbage: a head without end";
	case HTTP_RESPONSE_BROKEN:
		break;
	}
	return "garbage: the answer is not HTTP";
}

/* What an answer leaves over belongs to no request. */
static bool
take_in(struct http_conn *link, struct span in)
{
	enum http_response_step step;
	struct span what;
	const char *why;

	do {
		step = http_response_next(&link->response, &in, &what);
		why = heed(link, step, what);
		if (why == NULL)
			continue;
		link->keeps = step == HTTP_RESPONSE_DONE && in.len == 0 &&
			      unsent(link) == 0 &&
			      http_response_keeps(&link->response);
		http_conn_end(link, why);
		return true;
	} while (step != HTTP_RESPONSE_WANTS);
	if (link->post->reply.whole && link->state == HTTP_CONN_SENDING) {
		link->state = HTTP_CONN_READING; /* no need to send more */
		(void)epoll_set_want(link->options->watch, link->fd, EPOLLIN);
	}
	return false;
}

static const char *
why_closed(const struct http_conn *link, CURLcode code)
{
	if (link->post->reply.head_bytes > 0 || link->response.line.len > 0)
		return "reset: closed amid the answer's head";
	if (link->kept)
		return "reset: a kept connection died in use";
	return code == CURLE_OK ? "reset: closed without an answer"
				: "reset: broken while waiting";
}

static bool
receive(struct http_conn *link)
{
	char in[PIECE_BYTES];
	size_t n = 0;
	CURLcode code = pass_in(link, in, sizeof in, &n);
	bool secret = link->post->whole != NULL, ended;

	if (code == CURLE_AGAIN)
		return false;
	if (code == CURLE_OK && n > 0) {
		ended = take_in(link, (struct span){ in, n });
		if (secret) /* a token */
			explicit_bzero(in, n);
		return ended;
	}
	http_conn_end(link, why_closed(link, code));
	return true;
}

/* --- what goes --- */

static struct span
next_piece(const struct http_conn *link)
{
	size_t begun = link->out.len - link->head; /* of the body */

	if (link->sent < link->out.len)
		return (struct span){ link->out.at + link->sent,
			link->out.len - link->sent };
	return (struct span){ link->post->body.at + begun +
				  (link->sent - link->out.len),
		unsent(link) };
}

/* The server may have said why, before it closed. */
static bool
break_off(struct http_conn *link)
{
	if (receive(link))
		return true;
	http_conn_end(link, link->kept && link->sent == 0
				? "reset: a kept connection died in use"
				: "reset: broken while sending");
	return true;
}

static bool
send_on(struct http_conn *link)
{
	struct epoll_set *watch = link->options->watch;
	struct span piece;
	CURLcode code;
	size_t n;

	link->post->sent = true;
	while (unsent(link) > 0) {
		piece = next_piece(link);
		n = 0;
		code = pass_out(link, piece, &n);
		if (code == CURLE_AGAIN || (code == CURLE_OK && n == 0))
			return !epoll_set_want(
				   watch, link->fd, EPOLLIN | EPOLLOUT) &&
			       break_off(link);
		if (code != CURLE_OK)
			return break_off(link);
		link->sent += n;
	}
	link->state = HTTP_CONN_READING;
	return !epoll_set_want(watch, link->fd, EPOLLIN) && break_off(link);
}

bool
http_conn_load(struct http_conn *link, struct http_client_post *post,
    const struct http_headers *fields)
{
	link->post = post;
	link->sent = 0;
	link->keeps = false;
	http_response_begin(&link->response);
	if (print_head(link, fields) && print_begin(link)) {
		post->link = link;
		return true;
	}
	link->post = NULL;
	return false;
}

bool
http_conn_begin(struct http_conn *link)
{
	link->state = HTTP_CONN_SENDING;
	return send_on(link);
}

bool
http_conn_turn(struct http_conn *link, uint32_t events)
{
	if ((events & ~(uint32_t)EPOLLOUT) != 0 && receive(link))
		return true;
	return link->state == HTTP_CONN_SENDING && (events & EPOLLOUT) != 0 &&
	       send_on(link);
}

bool
http_conn_keeps(const struct http_conn *link)
{
	return link->fd != -1 && link->keeps;
}

bool
http_conn_still_rests(struct http_conn *link)
{
	char byte;
	size_t n;

	return pass_in(link, &byte, 1, &n) == CURLE_AGAIN;
}
