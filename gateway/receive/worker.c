#include "gateway/receive/worker.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/receive/skip_invalid.h"
#include "gateway/receive/listen.h"

/* How long answers may take to leave once a stop's deadline has passed. */
#define LEAVE_NS (500 * NS_PER_MS)

#define EVENTS_MOST 64

/*
 * So long a turn waits for the disk.  Longer than a disk takes that is well;
 * short enough for those who wait for something else.
 */
#define HOLD_NS (20 * NS_PER_MS)

/* Of the library, in one turn. */
#define RUNS_MOST 4

/* What an event of our epoll is about. */
enum tag {
	TAG_HTTP,
	TAG_BOX,
	TAG_CONTROL,
	TAG_FAREWELL, /* and LINGERING_CLOSE_MOST - 1 more */
	TAG_CONN =
	    TAG_FAREWELL + LINGERING_CLOSE_MOST, /* or above: a pointer */
};

static void
read_clock(struct worker *w)
{
	w->now = clock_now();
	w->wall_ms = clock_wall_ms();
	http_reply_cache_renew(
	    &w->replies, w->service->budget, w->now, w->wall_ms);
}

/* ------------------------------------------------------------ one turn -- */

static struct instant
earlier(struct instant a, struct instant b)
{
	return a.ns < b.ns ? a : b;
}

/* Rounded up: a turn that comes too early finds nothing due and spins. */
static int
until_ms(struct instant now, struct instant then)
{
	int64_t ms = (then.ns - now.ns + NS_PER_MS - 1) / NS_PER_MS;

	if (then.ns <= now.ns)
		return 0;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

static int
wait_ms(const struct worker *w, struct instant end)
{
	struct instant next = end;
	int http = listen_timeout_ms(w), ours;

	if (w->again)
		return 0;
	next = earlier(next, heap_next(&w->deadlines));
	next = earlier(next, lingering_close_next(&w->farewell));
	next = earlier(next, conn_next_ask(w));
	if (next.ns == INSTANT_NEVER.ns)
		return http;
	ours = until_ms(w->now, next);
	return http == -1 || ours < http ? ours : http;
}

/* A ticket is back: answer, unless its connection was given up meanwhile. */
static void
take_tickets(struct completion *ticket)
{
	struct completion *next;
	struct conn *conn;

	for (; ticket != NULL; ticket = next) {
		next = ticket->next;
		conn = conn_of_ticket(ticket);
		if (!conn->closed && conn->request.state == REQUEST_WAIT) {
			ingest_settled(conn);
			listen_resume(conn);
		} else if (conn->closed) {
			skip_invalid_lost(conn);
		}
		conn_takes_ticket(conn);
	}
}

/*
 * What was appended is on its way to the disk, and its connections are held:
 * not suspended, so that the next run of the library asks for their answers.
 * To suspend and resume each costs more than a fast disk's sync, and whatever
 * arrives meanwhile makes the next group the larger.  When the disk takes too
 * long, they are suspended after all, and others go on.
 */
static void
stand_still(struct worker *w)
{
	struct pollfd box = { .fd = w->box.fd, .events = POLLIN };
	struct timespec hold = { .tv_nsec = w->disk_is_slow ? 0 : HOLD_NS };

	w->disk_is_slow = ppoll(&box, 1, &hold, NULL) == 0;
	if (!w->disk_is_slow)
		take_tickets(completion_box_take(&w->box));
	else
		while (w->held.first != NULL)
			listen_suspend(w->held.first);
	w->again = true;
}

static void
take_event(struct worker *w, uint64_t tag)
{
	eventfd_t rings;

	switch (tag) {
	case TAG_HTTP:
		w->stirred = w->now;
		break;
	case TAG_BOX:
		take_tickets(completion_box_take(&w->box));
		break;
	case TAG_CONTROL:
		(void)eventfd_read(w->control, &rings);
		break;
	default:
		if (tag < TAG_CONN)
			lingering_close_ready(
			    &w->farewell, (unsigned)(tag - TAG_FAREWELL));
		else
			conn_hangs_up((struct conn *)(uintptr_t)tag);
	}
}

/*
 * All that this turn brought goes to the disk now, in this thread, and its
 * tickets come back at once: no other thread has to be woken.
 */
static void
commit(struct worker *w)
{
	struct instant begun;

	read_clock(w);
	begun = w->now;
	atomic_store(&w->box.awake, true);
	spool_help(w->service->spool);
	atomic_store(&w->box.awake, false);
	read_clock(w);
	w->disk_is_slow = w->now.ns - begun.ns > HOLD_NS;
	take_tickets(completion_box_look(&w->box));
}

/*
 * One ring for all of a turn's records, so that they are one group.  Where
 * several came at once, more are likely to have come meanwhile, from those who
 * were answered first: a commit costs as much as five requests.
 */
static void
gather(struct worker *w)
{
	uint64_t before;
	int runs = 0;

	do {
		before = w->puts;
		listen_run(w);
	} while (w->puts > before + 1 && ++runs < RUNS_MOST);
	if (!w->ring)
		return;
	w->ring = false;
	if (w->held.first != NULL && !w->disk_is_slow)
		commit(w);
	else
		spool_ring(w->service->spool);
}

static void
look_at_time(struct worker *w)
{
	struct heap_entry *due;

	while ((due = heap_take(&w->deadlines, w->now)) != NULL)
		conn_is_due(conn_of_deadline(due));
	conn_ask_idle(w);
	lingering_close_expire(&w->farewell, w->now);
}

/* Sleeps until something happens, at the latest until `end`. */
static void
turn(struct worker *w, struct instant end)
{
	struct epoll_event events[EVENTS_MOST];
	int n;

	if (w->held.first != NULL)
		stand_still(w);
	n = epoll_wait(w->epoll, events, EVENTS_MOST, wait_ms(w, end));
	w->again = false;
	read_clock(w);
	for (int i = 0; i < n; i++)
		take_event(w, events[i].data.u64);
	gather(w);
	look_at_time(w);
}

/* ---------------------------------------------------------- life, end -- */

static struct instant
stop_at(const struct worker *w)
{
	return (struct instant){ atomic_load(&w->service->stop_at_ns) };
}

/*
 * Time is up, but a suspended connection must not meet the library's stop.
 * Their tickets are still out, and not ours to write to: see conn_close.
 */
static void
give_up_waiting(struct worker *w)
{
	struct conn *conn;

	while ((conn = w->waiting.first) != NULL ||
	       (conn = w->held.first) != NULL) {
		ingest_given_up(conn);
		listen_resume(conn);
	}
}

/* Those in the midst of a request are told, as far as that can be done. */
static void
refuse_unfinished(struct worker *w)
{
	struct heap_entry *each;
	struct conn *conn;

	/* All of them have a deadline; cut ones get another, and go as well. */
	while ((each = heap_take(&w->deadlines, INSTANT_NEVER)) != NULL) {
		conn = conn_of_deadline(each);
		if (conn->request.state == REQUEST_HEAD ||
		    conn->request.state == REQUEST_BODY) {
			conn->request.state = request_state_next(
			    conn->request.state, REQUEST_EVENT_TIMEOUT);
			conn_cut(conn, OUTCOME_DRAINING);
		}
	}
}

static void
drain(struct worker *w)
{
	struct instant end = stop_at(w);

	w->stopping = true;
	listen_quiesce(w);
	while (w->under_way > 0 && w->now.ns < end.ns)
		turn(w, end);
	w->closing = true;
	give_up_waiting(w);
	refuse_unfinished(w);
	end = (struct instant){ w->now.ns + LEAVE_NS };
	while (w->under_way > 0 && w->now.ns < end.ns)
		turn(w, end);
}

static void *
run(void *arg)
{
	struct worker *w = arg;

	read_clock(w);
	while (stop_at(w).ns == INT64_MAX)
		turn(w, INSTANT_NEVER);
	drain(w);
	return NULL;
}

static bool
watch(struct worker *w, int fd, uint64_t tag, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	event.data.u64 = tag;
	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return true;
	return err_set(err, ERR_HOST, 0, "epoll_ctl: %s", strerror(errno));
}

static bool
open_descriptors(struct worker *w, struct err *err)
{
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->control = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->epoll == -1 || w->control == -1)
		return err_set(
		    err, ERR_HOST, 0, "epoll or eventfd: %s", strerror(errno));
	return completion_box_init(&w->box, err) &&
	       watch(w, w->box.fd, TAG_BOX, err) &&
	       watch(w, w->control, TAG_CONTROL, err);
}

bool
worker_open(struct worker **out, struct receive_shared *service, int listen_fd,
    struct err *err)
{
	struct worker *w = calloc(1, sizeof *w);

	if (w == NULL) {
		close(listen_fd);
		return err_set(err, ERR_HOST, 0, "no memory for a worker");
	}
	w->service = service;
	w->epoll = w->control = w->box.fd = -1;
	heap_init(&w->deadlines);
	lingering_close_init(&w->farewell, -1, TAG_FAREWELL);
	skip_invalid_init(w);
	w->scratch = malloc(service->options.max_body + 1);
	w->account = registry_block(service->account);
	if (w->scratch == NULL || w->account == NULL) {
		err_set(err, ERR_HOST, 0, "no memory for a worker");
		close(listen_fd);
		goto fail;
	}
	if (!open_descriptors(w, err) || !gzip_reader_open(&w->gzip, err)) {
		close(listen_fd);
		goto fail;
	}
	w->farewell.epoll = w->epoll;
	if (!listen_open(w, listen_fd, err) ||
	    !watch(w, listen_epoll(w), TAG_HTTP, err))
		goto fail;
	*out = w;
	return true;
fail:
	worker_close(&w);
	return false;
}

bool
worker_watch_end(struct worker *worker, struct conn *conn)
{
	struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET };

	event.data.u64 = (uintptr_t)conn;
	return epoll_ctl(worker->epoll, EPOLL_CTL_ADD, conn->fd, &event) == 0;
}

/* Not left to close: a duplicate of the descriptor may live on. */
void
worker_unwatch_end(struct worker *worker, struct conn *conn)
{
	(void)epoll_ctl(worker->epoll, EPOLL_CTL_DEL, conn->fd, NULL);
}

bool
worker_start(struct worker *worker, struct err *err)
{
	int error = pthread_create(&worker->thread, NULL, run, worker);

	if (error != 0)
		return err_set(err, ERR_HOST, 0, "cannot start a worker: %s",
		    strerror(error));
	worker->running = true;
	return true;
}

void
worker_wake(struct worker *worker)
{
	(void)eventfd_write(worker->control, 1);
}

void
worker_join(struct worker *worker)
{
	if (worker->running)
		pthread_join(worker->thread, NULL);
	worker->running = false;
}

/*
 * Whoever still has a ticket will put it into our box.  So the box and those
 * connections stay, until the process ends; which is soon, for it was told so.
 */
static void
leave_behind(struct worker *w)
{
	static _Atomic(struct worker *) all;

	w->behind = atomic_exchange(&all, w);
}

void
worker_close(struct worker **worker)
{
	struct worker *w = *worker;

	*worker = NULL;
	if (w == NULL)
		return;
	w->stopping = true;
	listen_close(w);
	lingering_close_fini(&w->farewell);
	http_reply_cache_fini(&w->replies);
	heap_fini(&w->deadlines);
	gzip_reader_close(&w->gzip);
	free(w->scratch);
	buffer_fini(&w->letters);
	close(w->control);
	close(w->epoll);
	if (w->tickets_out > 0) {
		leave_behind(w);
		return;
	}
	completion_box_fini(&w->box);
	free(w);
}
