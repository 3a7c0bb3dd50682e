#include "gateway/receive/worker_thread.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/receive/conn.h"
#include "gateway/receive/ingest.h"
#include "gateway/receive/listen.h"
#include "gateway/receive/skip_invalid.h"

/* After a stop's deadline: so long the last answers may take to be sent. */
#define LAST_ANSWERS_NS (500 * NS_PER_MS)

#define EVENTS_MAX 64

/*
 * A cycle waits for the disk at most so long.  A healthy disk answers within
 * that time, and requests that wait for something else are not delayed much.
 */
#define HOLD_NS (20 * NS_PER_MS)

/* Of the library, in one cycle. */
#define RUNS_MAX 4

/* What an event of our epoll is about. */
enum tag {
	TAG_HTTP,
	TAG_COMPLETIONS,
	TAG_CONTROL,
	TAG_LINGERING, /* and LINGERING_CLOSE_MAX - 1 more */
	TAG_CONN =
	    TAG_LINGERING + LINGERING_CLOSE_MAX, /* or above: a pointer */
};

static void
read_clock(struct worker *w)
{
	w->now = clock_now();
	w->wall_ms = clock_wall_ms();
	http_reply_cache_renew(
	    &w->replies, w->shared->budget, w->now, w->wall_ms);
}

/* ----------------------------------------------------------- one cycle -- */

static struct instant
earlier(struct instant a, struct instant b)
{
	return a.ns < b.ns ? a : b;
}

/* Rounded up: a cycle that comes too early finds nothing due and spins. */
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

	if (w->poll_now)
		return 0;
	next = earlier(next, heap_next(&w->deadlines));
	next = earlier(next, lingering_close_next(&w->lingering));
	next = earlier(next, conn_next_probe(w));
	if (next.ns == INSTANT_NEVER.ns)
		return http;
	ours = until_ms(w->now, next);
	return http == -1 || ours < http ? ours : http;
}

/* Answers those whose completion is back, unless they were abandoned. */
static void
take_completions(struct completion *completion)
{
	struct completion *next;
	struct conn *conn;

	for (; completion != NULL; completion = next) {
		next = completion->next;
		conn = conn_of_completion(completion);
		if (!conn->closed && conn->request.state == REQUEST_WAIT) {
			ingest_completed(conn);
			conn_resume(conn);
		} else if (conn->closed) {
			skip_invalid_abandoned(conn);
		}
		conn_return_completion(conn);
	}
}

/*
 * What was appended is on its way to the disk, and its connections are held,
 * not suspended, so that the next run of the library asks for their answers.
 * To suspend and resume each of them costs more than a fast disk's sync, and
 * what arrives meanwhile makes the next group larger.  When the disk takes too
 * long, they are suspended after all, and others go on.
 */
static void
wait_for_disk(struct worker *w)
{
	struct pollfd box = { .fd = w->completions.fd, .events = POLLIN };
	struct timespec hold = { .tv_nsec = w->disk_is_slow ? 0 : HOLD_NS };

	w->disk_is_slow = ppoll(&box, 1, &hold, NULL) == 0;
	if (!w->disk_is_slow)
		take_completions(completion_box_take(&w->completions));
	else
		while (w->held.first != NULL)
			conn_suspend(conn_of_node(w->held.first));
	w->poll_now = true;
}

static void
take_event(struct worker *w, uint64_t tag)
{
	eventfd_t count;

	switch (tag) {
	case TAG_HTTP:
		w->last_event = w->now;
		break;
	case TAG_COMPLETIONS:
		take_completions(completion_box_take(&w->completions));
		break;
	case TAG_CONTROL:
		(void)eventfd_read(w->control, &count);
		break;
	default:
		if (tag < TAG_CONN)
			lingering_close_ready(
			    &w->lingering, (unsigned)(tag - TAG_LINGERING));
		else
			conn_peer_closed((struct conn *)(uintptr_t)tag);
	}
}

/*
 * All that this cycle brought goes to the disk now, in this thread, and its
 * completions come back at once: no other thread has to be woken.
 */
static void
commit(struct worker *w)
{
	struct instant begun;

	read_clock(w);
	begun = w->now;
	atomic_store(&w->completions.awake, true);
	spool_help(w->shared->spool);
	atomic_store(&w->completions.awake, false);
	read_clock(w);
	w->disk_is_slow = w->now.ns - begun.ns > HOLD_NS;
	take_completions(completion_box_look(&w->completions));
}

/*
 * The spool is woken once for all records of a cycle, so that they are one
 * group.  If several came at once, the clients that were answered first have
 * probably sent more meanwhile, so the library runs again: a commit costs as
 * much as five requests.
 */
static void
run_library(struct worker *w)
{
	uint64_t before;
	int runs = 0;

	do {
		before = w->records_put;
		listen_run(w);
	} while (w->records_put > before + 1 && ++runs < RUNS_MAX);
	if (!w->wake_spool)
		return;
	w->wake_spool = false;
	if (w->held.first != NULL && !w->disk_is_slow)
		commit(w);
	else
		spool_wake(w->shared->spool);
}

static void
expire_deadlines(struct worker *w)
{
	struct heap_entry *due;
	struct conn *conn;

	while ((due = heap_take(&w->deadlines, w->now)) != NULL) {
		conn = conn_of_deadline(due);
		if (conn_timed_out(conn))
			ingest_timeout(conn, OUTCOME_LATE);
	}
	conn_probe_idle(w);
	lingering_close_expire(&w->lingering, w->now);
}

/* Sleeps until something happens, at the latest until `end`. */
static void
run_cycle(struct worker *w, struct instant end)
{
	struct epoll_event events[EVENTS_MAX];
	int n;

	if (w->held.first != NULL)
		wait_for_disk(w);
	n = epoll_wait(w->epoll, events, EVENTS_MAX, wait_ms(w, end));
	w->poll_now = false;
	read_clock(w);
	for (int i = 0; i < n; i++)
		take_event(w, events[i].data.u64);
	run_library(w);
	expire_deadlines(w);
}

/* --------------------------------------------------------------- stop -- */

static struct instant
stop_at(const struct worker *w)
{
	return (struct instant){ atomic_load(&w->shared->stop_at_ns) };
}

/*
 * The library must not be stopped with a suspended connection.  Their
 * completions are still pending, and not ours to write to: see conn_close.
 */
static void
abandon_waiting(struct worker *w)
{
	struct list_node *node;
	struct conn *conn;

	while ((node = w->suspended.first) != NULL ||
	       (node = w->held.first) != NULL) {
		conn = conn_of_node(node);
		ingest_abandon(conn);
		conn_resume(conn);
	}
}

/* Those in the middle of a request get 503, as far as that can be done. */
static void
refuse_unfinished(struct worker *w)
{
	struct heap_entry *each;
	struct conn *conn;

	/* All of them have a deadline; rejecting one sets another. */
	while ((each = heap_take(&w->deadlines, INSTANT_NEVER)) != NULL) {
		conn = conn_of_deadline(each);
		if (conn->request.state == REQUEST_HEAD ||
		    conn->request.state == REQUEST_BODY)
			ingest_timeout(conn, OUTCOME_DRAINING);
	}
}

static void
drain(struct worker *w)
{
	struct instant end = stop_at(w);

	w->stopping = true;
	listen_quiesce(w);
	while (w->unanswered > 0 && w->now.ns < end.ns)
		run_cycle(w, end);
	w->closing = true;
	abandon_waiting(w);
	refuse_unfinished(w);
	end = (struct instant){ w->now.ns + LAST_ANSWERS_NS };
	while (w->unanswered > 0 && w->now.ns < end.ns)
		run_cycle(w, end);
}

static void *
run(void *arg)
{
	struct worker *w = arg;

	read_clock(w);
	while (stop_at(w).ns == INT64_MAX)
		run_cycle(w, INSTANT_NEVER);
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
	return completion_box_init(&w->completions, err) &&
	       watch(w, w->completions.fd, TAG_COMPLETIONS, err) &&
	       watch(w, w->control, TAG_CONTROL, err);
}

bool
worker_thread_open(struct worker **out, struct receive_shared *shared,
    int listen_fd, struct err *err)
{
	struct worker *w = calloc(1, sizeof *w);

	if (w == NULL) {
		close(listen_fd);
		return err_set(err, ERR_HOST, 0, "no memory for a worker");
	}
	w->shared = shared;
	w->epoll = w->control = w->completions.fd = -1;
	heap_init(&w->deadlines);
	lingering_close_init(&w->lingering, -1, TAG_LINGERING);
	skip_invalid_init(w);
	w->scratch = malloc(shared->options.max_body + 1);
	w->registry = registry_block(shared->registry);
	if (w->scratch == NULL || w->registry == NULL) {
		err_set(err, ERR_HOST, 0, "no memory for a worker");
		close(listen_fd);
		goto fail;
	}
	if (!open_descriptors(w, err) || !gzip_reader_open(&w->gzip, err)) {
		close(listen_fd);
		goto fail;
	}
	w->lingering.epoll = w->epoll;
	if (!listen_open(w, listen_fd, err) ||
	    !watch(w, listen_epoll(w), TAG_HTTP, err))
		goto fail;
	*out = w;
	return true;
fail:
	worker_thread_close(&w);
	return false;
}

bool
worker_thread_start(struct worker *worker, struct err *err)
{
	int error = pthread_create(&worker->thread, NULL, run, worker);

	if (error != 0)
		return err_set(err, ERR_HOST, 0, "cannot start a worker: %s",
		    strerror(error));
	worker->running = true;
	return true;
}

void
worker_thread_wake(struct worker *worker)
{
	(void)eventfd_write(worker->control, 1);
}

void
worker_thread_join(struct worker *worker)
{
	if (worker->running)
		pthread_join(worker->thread, NULL);
	worker->running = false;
}

/*
 * Another thread still has completions that it will put into our box.  So the
 * box and those connections stay until the process ends, which is soon.
 */
static void
abandon(struct worker *w)
{
	static _Atomic(struct worker *) all;

	w->next_abandoned = atomic_exchange(&all, w);
}

void
worker_thread_close(struct worker **worker)
{
	struct worker *w = *worker;

	*worker = NULL;
	if (w == NULL)
		return;
	w->stopping = true;
	listen_close(w);
	lingering_close_fini(&w->lingering);
	http_reply_cache_fini(&w->replies);
	heap_fini(&w->deadlines);
	gzip_reader_close(&w->gzip);
	free(w->scratch);
	buffer_fini(&w->dead_letters);
	close(w->control);
	close(w->epoll);
	if (w->completions_pending > 0) {
		abandon(w);
		return;
	}
	completion_box_fini(&w->completions);
	free(w);
}
