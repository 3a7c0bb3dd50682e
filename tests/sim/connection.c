#include "tests/sim/connection.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/sim/desk.h"
#include "tests/sim/server.h"

#define READ_ROOM    16384      /* at least so much is asked for */
#define BYTES_MAX    (2u << 30) /* the largest body and its head */
#define LINGER_MS    2000
#define FILLER_BYTES 65536

enum state { HEAD, BODY, WAIT, SEND, LINGER };

/* What a step wants: the next step, or the end of this round. */
enum step { AGAIN, SLEEP, CLOSE, RESET };

struct connection {
	struct timer timer; /* first, so that a timer is its connection */
	struct connection *prev, *next;
	int fd;
	enum state state;
	struct buffer in, out;
	size_t sent;
	int64_t filler; /* still to send */
	struct visit visit;
	bool readable; /* there may be bytes that were not read */
	bool gone;     /* the client has closed its side */
	bool visiting; /* desk_head was called, desk_done not yet */
	bool last;     /* no other call after this one */
};

void
connection_open(struct server *s, int fd)
{
	struct connection *c = calloc(1, sizeof *c);
	struct epoll_event want = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP |
					      EPOLLET,
		.data.ptr = c };

	if (c == NULL || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &want) != 0) {
		free(c);
		close(fd);
		return;
	}
	c->fd = fd;
	buffer_init(&c->in, BYTES_MAX);
	buffer_init(&c->out, BYTES_MAX);
	answer_init(&c->visit.answer);
	c->next = s->connections;
	if (c->next != NULL)
		c->next->prev = c;
	s->connections = c;
	s->sim->ledger.connections++;
	s->sim->ledger.open_connections++;
}

static void
end_visit(struct server *s, struct connection *c, bool told)
{
	if (c->visiting)
		desk_done(s->sim, &c->visit, told);
	c->visiting = false;
}

static void
free_connection(struct server *s, struct connection *c)
{
	end_visit(s, c, false);
	timers_clear(&s->timers, &c->timer);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->connections = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	close(c->fd);
	buffer_fini(&c->in);
	buffer_fini(&c->out);
	answer_fini(&c->visit.answer);
	free(c);
	s->sim->ledger.open_connections--;
}

static void
reset_at_close(struct connection *c)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* SLEEP when nothing was there, AGAIN when something came. */
static enum step
read_more(struct connection *c, size_t room)
{
	ssize_t n;

	if (!c->readable)
		return SLEEP;
	if (!buffer_reserve(&c->in, room))
		return RESET;
	room = c->in.room - c->in.len;
	n = recv(c->fd, c->in.at + c->in.len, room, 0);
	if (n == 0)
		return CLOSE;
	if (n < 0) {
		c->readable = false;
		return errno == EAGAIN || errno == EINTR ? SLEEP : CLOSE;
	}
	c->in.len += (size_t)n;
	/* Edges come only for new bytes; the end of them is no byte. */
	if ((size_t)n < room && !c->gone)
		c->readable = false;
	return AGAIN;
}

static enum step
begin_linger(struct server *s, struct connection *c)
{
	shutdown(c->fd, SHUT_WR);
	c->state = LINGER;
	if (!timers_set(&s->timers, &c->timer, s->now.mono_ms + LINGER_MS))
		return CLOSE;
	return AGAIN;
}

/* The answer's time has come. */
static enum step
begin_send(struct server *s, struct connection *c)
{
	struct answer *a = &c->visit.answer;
	bool told = a->reset == RESET_NEVER && !a->raw;

	end_visit(s, c, told);
	if (a->reset != RESET_NEVER && a->reset != RESET_ANSWER)
		return RESET;
	buffer_reset(&c->out);
	c->sent = 0;
	c->filler = a->filler;
	answer_render(a, s->date, !c->last, &c->out);
	if (a->reset == RESET_ANSWER) {
		c->out.len /= 2;
		c->filler /= 2;
	}
	c->state = SEND;
	return AGAIN;
}

static enum step
begin_answer(struct server *s, struct connection *c, size_t request_bytes)
{
	struct answer *a = &c->visit.answer;

	c->last = c->last || !c->visit.request.keep_alive;
	if (request_bytes > c->in.len) { /* early: the rest will be discarded */
		request_bytes = c->in.len;
		c->last = true;
	}
	c->in.len -= request_bytes;
	memmove(c->in.at, c->in.at + request_bytes, c->in.len);
	if (a->delay_ms == 0)
		return begin_send(s, c);
	c->state = WAIT;
	if (!timers_set(&s->timers, &c->timer, s->now.mono_ms + a->delay_ms))
		return RESET;
	return SLEEP;
}

static size_t
request_bytes(const struct connection *c)
{
	return c->visit.request.head_bytes +
	       (size_t)c->visit.request.content_length;
}

static void
continue_please(struct connection *c)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (c->visit.request.times[HEADER_EXPECT] > 0 &&
	    c->in.len < request_bytes(c))
		send(c->fd, text, sizeof text - 1, MSG_NOSIGNAL);
}

static enum step
step_head(struct server *s, struct connection *c)
{
	struct visit *v = &c->visit;
	const char *why;

	switch (request_read(
	    (struct span){ c->in.at, c->in.len }, &v->request, &why)) {
	case REQUEST_MORE:
		return read_more(c, READ_ROOM);
	case REQUEST_BAD:
		desk_bad_head(s->sim, v, why);
		c->last = true;
		return begin_answer(s, c, c->in.len);
	case REQUEST_READY:
		break;
	}
	desk_head(s->sim, v, s->now);
	c->visiting = true;
	c->state = BODY;
	if (v->answer.reset == RESET_BEFORE)
		return begin_answer(s, c, c->in.len);
	if (v->answer.early)
		return begin_answer(s, c, request_bytes(c));
	continue_please(c);
	return AGAIN;
}

static enum step
read_body(struct server *s, struct connection *c, size_t want)
{
	const char *before = c->in.at;
	const char *ignored;
	size_t missing = want - c->in.len;
	enum step step;

	step = read_more(c, missing > READ_ROOM ? missing : READ_ROOM);
	if (step == CLOSE)
		violation_count(&s->sim->ledger.violations, VIOLATION_CUT_SHORT,
		    "%zu bytes were missing", missing);
	if (c->in.at != before) /* the request's spans moved with it */
		request_read((struct span){ c->in.at, c->in.len },
		    &c->visit.request, &ignored);
	return step;
}

static enum step
step_body(struct server *s, struct connection *c)
{
	struct visit *v = &c->visit;
	size_t head = v->request.head_bytes, want = request_bytes(c);

	if (v->answer.reset == RESET_DURING &&
	    c->in.len >= head + (want - head) / 2)
		return begin_answer(s, c, c->in.len);
	if (c->in.len < want)
		return read_body(s, c, want);
	desk_body(
	    s->sim, v, (struct span){ c->in.at + head, want - head }, s->now);
	return begin_answer(s, c, want);
}

static enum step
send_failed(void)
{
	return errno == EAGAIN || errno == EINTR ? SLEEP : CLOSE;
}

static enum step
send_drop(struct server *s, struct connection *c)
{
	const char *drop = c->sent < c->out.len ? c->out.at + c->sent : "x";

	if (send(c->fd, drop, 1, MSG_NOSIGNAL) != 1 && send_failed() == CLOSE)
		return CLOSE;
	if (c->sent < c->out.len)
		c->sent++;
	else
		c->filler--;
	if (!timers_set(&s->timers, &c->timer,
		s->now.mono_ms + c->visit.answer.drip_ms))
		return RESET;
	return SLEEP;
}

static enum step
send_filler(struct connection *c)
{
	static char block[FILLER_BYTES];
	size_t len =
	    c->filler < FILLER_BYTES ? (size_t)c->filler : FILLER_BYTES;
	ssize_t n;

	memset(block, 'x', sizeof block);
	n = send(c->fd, block, len, MSG_NOSIGNAL);
	if (n < 0)
		return send_failed();
	c->filler -= n;
	return AGAIN;
}

static enum step
end_answer(struct server *s, struct connection *c)
{
	struct answer *a = &c->visit.answer;

	if (a->reset == RESET_ANSWER)
		return RESET;
	if (a->hangup)
		return CLOSE;
	if (c->last)
		return begin_linger(s, c);
	answer_reset(a);
	c->state = HEAD;
	return AGAIN;
}

static enum step
step_send(struct server *s, struct connection *c)
{
	ssize_t n;

	if (c->sent == c->out.len && c->filler == 0)
		return end_answer(s, c);
	if (c->visit.answer.drip_ms > 0)
		return c->timer.place > 0 ? SLEEP : send_drop(s, c);
	if (c->sent == c->out.len)
		return send_filler(c);
	n = send(
	    c->fd, c->out.at + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
	if (n < 0)
		return send_failed();
	c->sent += (size_t)n;
	return AGAIN;
}

/* Answer waiting or dripping: only the client's leaving is of interest. */
static enum step
step_wait(struct server *s, struct connection *c)
{
	(void)s;
	return c->gone ? CLOSE : SLEEP;
}

static enum step
step_linger(struct server *s, struct connection *c)
{
	(void)s;
	c->in.len = 0;
	return read_more(c, READ_ROOM);
}

static enum step (*const steps[])(struct server *, struct connection *) = {
	[HEAD] = step_head,
	[BODY] = step_body,
	[WAIT] = step_wait,
	[SEND] = step_send,
	[LINGER] = step_linger,
};

static void
run(struct server *s, struct connection *c)
{
	enum step step;

	do
		step = steps[c->state](s, c);
	while (step == AGAIN);
	if (step == RESET)
		reset_at_close(c);
	if (step != SLEEP)
		free_connection(s, c);
}

void
connection_ready(struct server *s, struct connection *c, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		c->readable = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		c->gone = true;
	run(s, c);
}

void
connection_due(struct server *s, struct timer *timer)
{
	struct connection *c = (struct connection *)(void *)timer;
	enum step step = AGAIN;

	if (c->state == WAIT)
		step = begin_send(s, c);
	else if (c->state == LINGER)
		step = CLOSE;
	if (step == AGAIN) {
		run(s, c);
		return;
	}
	if (step == RESET)
		reset_at_close(c);
	free_connection(s, c);
}

void
connection_free_all(struct server *s)
{
	while (s->connections != NULL)
		free_connection(s, s->connections);
}
