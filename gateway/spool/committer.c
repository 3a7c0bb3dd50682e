#include "gateway/spool/committer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/spool/commit_cycle.h"

#define RETRY_MS        250 /* after a disk failed */
#define LAST_TRIES      40 /* of as long each, to commit what is left at the end */
#define PIGGYBACK_MS    5  /* in which acks wait for a commit to join */
#define PIGGYBACKS_MOST 40 /* then there is a cycle all the same */

struct committer {
	struct commit_cycle cycle;
	uint64_t pending_most;
	int wakeup_fd; /* something is to be done */
	pthread_t thread;
	bool running;
	atomic_bool stop;

	/*
	 * Whoever has this is the committer for now.  It guards a role, not
	 * data: no other lock is ever waited for by one who wants it.
	 */
	pthread_mutex_t cycle_lock;
};

/* --- called by workers and the pump --- */

/* Adds, or changes nothing. */
static bool
take_room(atomic_uint_fast64_t *used, uint64_t bytes, uint64_t most)
{
	if (atomic_fetch_add(used, bytes) + bytes <= most)
		return true;
	atomic_fetch_sub(used, bytes);
	return false;
}

bool
committer_put(struct committer *c, struct record *record, bool *wake_out)
{
	struct journal *j = c->cycle.journal;
	uint64_t cost = cost_of_record(record);

	if (record->bytes > j->options.largest_bytes ||
	    !take_room(
		&c->cycle.pending_bytes, record_cost(record), c->pending_most))
		return false;
	if (!take_room(&j->reserved, cost, atomic_load(&j->limit))) {
		atomic_fetch_sub(&c->cycle.pending_bytes, record_cost(record));
		return false;
	}
	commit_cycle_set_time(&c->cycle, record->accepted);
	*wake_out |= submit_queue_append(&c->cycle.queue, record);
	return true;
}

void
committer_wake(struct committer *c)
{
	submit_queue_wake(&c->cycle.queue);
}

struct record *
committer_visible(struct committer *c)
{
	return record_queue_take(&c->cycle.visible);
}

void
committer_part(
    struct committer *c, struct record *record, struct frame_range range)
{
	submit_queue_part(&c->cycle.queue, record, range);
}

void
committer_end(struct committer *c, struct record *record, struct instant now)
{
	commit_cycle_set_time(&c->cycle, now);
	submit_queue_end(&c->cycle.queue, record);
}

void
committer_want(struct committer *c, struct table *table, uint64_t bytes)
{
	submit_queue_want(&c->cycle.queue, table, bytes);
}

const struct journal *
committer_journal(const struct committer *c)
{
	return c->cycle.journal;
}

/* --- the committer --- */

void
committer_help(struct committer *c)
{
	bool done = false;

	if (pthread_mutex_trylock(&c->cycle_lock) == 0) {
		done = commit_cycle_help(&c->cycle);
		pthread_mutex_unlock(&c->cycle_lock);
	}
	if (!done)
		committer_wake(c);
}

/*
 * Nobody waits for acks. As long as others commit, acks join those commits;
 * only now and then does the committer run a cycle for its other work.
 */
static void
piggyback_acks(struct committer *c, struct pollfd *wakeup)
{
	const struct journal_counts *counts = &c->cycle.journal->counts;
	eventfd_t wakes;
	uint64_t before;
	int left = PIGGYBACKS_MOST;

	(void)eventfd_read(c->wakeup_fd, &wakes);
	if (atomic_load(&c->cycle.io_thread.done) != NULL ||
	    !submit_queue_begin_piggyback(&c->cycle.queue))
		return;
	do
		before = atomic_load(&counts->commits);
	while (poll(wakeup, 1, PIGGYBACK_MS) == 0 &&
	       atomic_load(&counts->commits) != before && --left > 0);
	submit_queue_end_piggyback(&c->cycle.queue);
	(void)eventfd_read(c->wakeup_fd, &wakes);
}

struct committer_cycle
committer_cycle(struct committer *c)
{
	struct committer_cycle end;

	pthread_mutex_lock(&c->cycle_lock);
	if (c->cycle.journal->retry)
		journal_retry(c->cycle.journal);
	commit_cycle_run(&c->cycle);
	end.idle = commit_cycle_idle(&c->cycle);
	end.retry = c->cycle.journal->retry;
	pthread_mutex_unlock(&c->cycle_lock);
	return end;
}

static void *
run(void *arg)
{
	struct committer *c = arg;
	struct pollfd wakeup = { .fd = c->wakeup_fd, .events = POLLIN };
	struct committer_cycle last = { .idle = true };
	int left = LAST_TRIES;
	bool stop;

	do {
		stop = atomic_load(&c->stop);
		if (!stop || !last.idle)
			poll(&wakeup, 1, last.retry || stop ? RETRY_MS : -1);
		piggyback_acks(c, &wakeup);
		last = committer_cycle(c);
	} while (!stop || (!last.idle && left-- > 0));
	return NULL;
}

static bool
start_thread(struct committer *c, struct err *err)
{
	int failed = pthread_create(&c->thread, NULL, run, c);

	c->running = failed == 0;
	return c->running ||
	       err_set(err, ERR_HOST, 0, "thread: %s", strerror(failed));
}

bool
committer_start(struct committer **out, const struct committer_options *options,
    struct err *err)
{
	struct committer *c = calloc(1, sizeof *c);

	if (c == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	c->wakeup_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pthread_mutex_init(&c->cycle_lock, NULL);
	commit_cycle_init(
	    &c->cycle, options->journal.io, c->wakeup_fd, options->visible_fd);
	c->pending_most = options->pending_bytes;
	commit_cycle_set_time(&c->cycle, options->journal.now);
	if (c->wakeup_fd == -1)
		err_set(err, ERR_HOST, 0, "eventfd: %s", strerror(errno));
	if (c->wakeup_fd == -1 ||
	    !journal_open(&c->cycle.journal, &options->journal, err) ||
	    (!options->by_hand && (!io_thread_start(&c->cycle.io_thread, err) ||
				      !start_thread(c, err)))) {
		committer_stop(&c);
		return false;
	}
	(void)eventfd_write(c->wakeup_fd, 1); /* there may be much to recover */
	*out = c;
	return true;
}

bool
committer_run_job(struct committer *c)
{
	return io_thread_run_one(&c->cycle.io_thread);
}

static void
stop_threads(struct committer *c)
{
	atomic_store(&c->stop, true);
	if (c->running) {
		(void)eventfd_write(c->wakeup_fd, 1);
		pthread_join(c->thread, NULL);
		c->running = false;
	}
	io_thread_stop(&c->cycle.io_thread);
}

uint64_t
committer_end_work(struct committer *c)
{
	const struct journal *j = c->cycle.journal;
	uint64_t events = 0;

	stop_threads(c);
	for (size_t i = 0; i < tables_capacity(j->options.tables); i++)
		events += atomic_load(&j->indexes[i].events);
	for (struct table_index *s = j->orphaned; s != NULL; s = s->next)
		events += atomic_load(&s->events);
	return events;
}

void
committer_stop(struct committer **committer)
{
	struct committer *c = *committer;

	if (c == NULL)
		return;
	stop_threads(c);
	commit_cycle_fini(&c->cycle);
	pthread_mutex_destroy(&c->cycle_lock);
	if (c->wakeup_fd != -1)
		close(c->wakeup_fd);
	free(c);
	*committer = NULL;
}
