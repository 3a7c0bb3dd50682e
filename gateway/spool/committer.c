#include "gateway/spool/committer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/spool/clean.h"
#include "gateway/spool/fetch.h"
#include "gateway/spool/settle.h"
#include "gateway/spool/stage.h"
#include "gateway/spool/ticket.h"

#define RETRY_MS 250 /* after a disk failed */

/* What the pump says of a record; `end`: it has given the record back. */
struct op {
	struct record *record;
	struct frame_range range;
	bool end;
};

struct want {
	struct table *table; /* a reference */
	uint64_t bytes;
};

struct ops {
	struct op *at;
	size_t count, room;
};

struct committer {
	struct journal *journal;
	struct disk *disk;
	uint64_t pending_most;
	int visible_fd;
	int bell; /* something is to be done */
	pthread_t thread, keeper;
	bool threads[2];
	atomic_bool stop;
	atomic_int_fast64_t now_ns; /* the latest that anyone told */

	_Atomic(struct record *) appended; /* newest first */
	_Atomic(struct record *) visible;  /* newest first */
	_Atomic(struct job *) done;        /* newest first */
	atomic_uint_fast64_t pending_bytes;

	pthread_mutex_t lock; /* of what the pump says */
	struct ops said;
	struct record *ended, **ended_link; /* without memory for an op */
	struct want *wants;
	size_t want_count, want_room;

	pthread_mutex_t jobs_lock;
	pthread_cond_t jobs_there;
	struct job *jobs, **jobs_link;
	bool jobs_stop;

	/* The committer thread's own. */
	struct record *pending, **pending_link; /* oldest first */
	struct ops ops;
	size_t ops_staged, ops_done;
};

static void
ring(int fd)
{
	/* The counter cannot overflow, so the write cannot fail. */
	(void)eventfd_write(fd, 1);
}

/* Newest first, as it is pushed; true: the list was empty. */
static bool
push_record(_Atomic(struct record *) *list, struct record *record)
{
	struct record *head = atomic_load_explicit(list, memory_order_relaxed);

	do
		record->next = head;
	while (!atomic_compare_exchange_weak_explicit(
	    list, &head, record, memory_order_release, memory_order_relaxed));
	return head == NULL;
}

static struct record *
take_records(_Atomic(struct record *) *list)
{
	struct record *record, *next, *oldest = NULL;

	record = atomic_exchange_explicit(list, NULL, memory_order_acquire);
	for (; record != NULL; record = next) {
		next = record->next;
		record->next = oldest;
		oldest = record;
	}
	return oldest;
}

/* --- called by workers and the pump --- */

static void
tell_time(struct committer *c, struct instant now)
{
	atomic_store_explicit(&c->now_ns, now.ns, memory_order_relaxed);
}

/* Adds, or leaves everything as it was. */
static bool
take_room(atomic_uint_fast64_t *used, uint64_t bytes, uint64_t most)
{
	if (atomic_fetch_add(used, bytes) + bytes <= most)
		return true;
	atomic_fetch_sub(used, bytes);
	return false;
}

bool
committer_append(struct committer *c, struct record *record)
{
	struct journal *j = c->journal;
	uint64_t cost = journal_record_cost(record);

	if (!take_room(&c->pending_bytes, record_cost(record), c->pending_most))
		return false;
	if (record->bytes > j->options.largest_bytes ||
	    !take_room(&j->reserved, cost, atomic_load(&j->limit))) {
		atomic_fetch_sub(&c->pending_bytes, record_cost(record));
		return false;
	}
	tell_time(c, record->accepted);
	if (push_record(&c->appended, record))
		ring(c->bell);
	return true;
}

struct record *
committer_visible(struct committer *c)
{
	return take_records(&c->visible);
}

static bool
add_op(struct ops *ops, const struct op *op)
{
	size_t room = ops->room > 0 ? ops->room * 2 : 64;
	struct op *at;

	if (ops->count == ops->room) {
		at = realloc(ops->at, room * sizeof *at);
		if (at == NULL)
			return false;
		ops->at = at;
		ops->room = room;
	}
	ops->at[ops->count++] = *op;
	return true;
}

void
committer_part(
    struct committer *c, struct record *record, struct frame_range range)
{
	struct op op = { record, range, false };
	bool first;

	if (range.count == 0)
		return;
	pthread_mutex_lock(&c->lock);
	first = c->said.count == 0;
	if (add_op(&c->said, &op)) /* else its end will say it */
		record->told_events += range.count;
	pthread_mutex_unlock(&c->lock);
	if (first)
		ring(c->bell);
}

void
committer_end(struct committer *c, struct record *record, struct instant now)
{
	struct op op = { record, { 0, record->events }, true };
	bool first;

	tell_time(c, now);
	if (record->leaving || record->told_events == record->events)
		op.range.count = 0;
	pthread_mutex_lock(&c->lock);
	first = c->said.count == 0;
	if (!add_op(&c->said, &op)) {
		record->next = NULL;
		*c->ended_link = record;
		c->ended_link = &record->next;
		first = true;
	}
	pthread_mutex_unlock(&c->lock);
	if (first)
		ring(c->bell);
}

void
committer_want(struct committer *c, struct table *table, uint64_t bytes)
{
	size_t room = c->want_room > 0 ? c->want_room * 2 : 16;
	struct want *wants;

	pthread_mutex_lock(&c->lock);
	if (c->want_count == c->want_room) {
		wants = realloc(c->wants, room * sizeof *wants);
		if (wants != NULL) {
			c->wants = wants;
			c->want_room = room;
		}
	}
	if (c->want_count < c->want_room) {
		table_hold(table);
		c->wants[c->want_count++] = (struct want){ table, bytes };
	}
	pthread_mutex_unlock(&c->lock);
	ring(c->bell);
}

const struct journal *
committer_journal(const struct committer *c)
{
	return c->journal;
}

/* --- the keeper --- */

static void *
keep(void *arg)
{
	struct committer *c = arg;
	struct job *job, *head;

	for (;;) {
		pthread_mutex_lock(&c->jobs_lock);
		while (c->jobs == NULL && !c->jobs_stop)
			pthread_cond_wait(&c->jobs_there, &c->jobs_lock);
		job = c->jobs_stop ? NULL : c->jobs;
		if (job != NULL && (c->jobs = job->next) == NULL)
			c->jobs_link = &c->jobs;
		pthread_mutex_unlock(&c->jobs_lock);
		if (job == NULL)
			return NULL;
		job_run(job, c->disk);
		head = atomic_load(&c->done);
		do
			job->next = head;
		while (!atomic_compare_exchange_weak(&c->done, &head, job));
		ring(c->bell);
	}
}

static void
hand_out_jobs(struct committer *c)
{
	struct job *job;

	while ((job = journal_job(c->journal)) != NULL) {
		pthread_mutex_lock(&c->jobs_lock);
		*c->jobs_link = job;
		c->jobs_link = &job->next;
		pthread_cond_signal(&c->jobs_there);
		pthread_mutex_unlock(&c->jobs_lock);
	}
}

/* --- the committer --- */

static struct instant
time_now(struct committer *c)
{
	return (struct instant){ atomic_load_explicit(
	    &c->now_ns, memory_order_relaxed) };
}

static void
gather_wants(struct committer *c)
{
	struct journal *j = c->journal;
	struct table *table;
	struct shelf *shelf;

	for (size_t i = 0; i < c->want_count; i++) {
		table = c->wants[i].table;
		shelf = journal_shelf(j, table);
		if (shelf->serial == table->serial)
			fetch_want(j, shelf, c->wants[i].bytes);
		table_release(table, j->now);
	}
	c->want_count = 0;
}

static void
gather_ops(struct committer *c)
{
	struct record *record;
	size_t i = 0;

	/* What is done is forgotten when all of it is. */
	if (c->ops_done == c->ops.count)
		c->ops.count = c->ops_done = c->ops_staged = 0;
	pthread_mutex_lock(&c->lock);
	while (i < c->said.count && add_op(&c->ops, &c->said.at[i]))
		i++;
	if (i > 0 && i < c->said.count)
		memmove(c->said.at, c->said.at + i,
		    (c->said.count - i) * sizeof *c->said.at);
	c->said.count -= i;
	while ((record = c->ended) != NULL) {
		struct op op = { record, { 0, record->events }, true };

		if (record->leaving)
			op.range.count = 0;
		if (!add_op(&c->ops, &op))
			break;
		c->ended = record->next;
	}
	if (c->ended == NULL)
		c->ended_link = &c->ended;
	gather_wants(c);
	pthread_mutex_unlock(&c->lock);
}

static void
gather_done(struct committer *c)
{
	struct job *job = atomic_exchange(&c->done, NULL), *next;
	struct job *oldest = NULL;

	for (; job != NULL; job = next) {
		next = job->next;
		job->next = oldest;
		oldest = job;
	}
	for (job = oldest; job != NULL; job = next) {
		next = job->next;
		job->next = NULL;
		journal_done(c->journal, job, time_now(c));
	}
}

static void
gather(struct committer *c)
{
	*c->pending_link = take_records(&c->appended);
	while (*c->pending_link != NULL)
		c->pending_link = &(*c->pending_link)->next;
	gather_ops(c);
	gather_done(c);
}

static void
show(struct committer *c, struct record *record)
{
	if (push_record(&c->visible, record))
		ring(c->visible_fd);
}

static void
show_all(struct committer *c)
{
	struct record *record, *next;

	for (record = journal_visible(c->journal); record != NULL;
	     record = next) {
		next = record->next;
		show(c, record);
	}
}

static void
settle_ticket(struct record *record, enum ticket_result result)
{
	struct ticket *ticket = record->ticket;

	record->ticket = NULL;
	if (ticket != NULL)
		ticket_settle(ticket, result);
}

static void
refuse(struct committer *c, struct record *record, enum ticket_result result)
{
	atomic_fetch_sub(&c->pending_bytes, record_cost(record));
	atomic_fetch_sub(&c->journal->reserved, journal_record_cost(record));
	settle_ticket(record, result);
	record_free(record, time_now(c));
}

/* It is durable: say so, and let the pump have it. */
static void
publish(struct committer *c, struct record *record)
{
	if (record->ticket != NULL &&
	    record->ticket->wish == TICKET_WISH_DURABLE)
		settle_ticket(record, TICKET_DURABLE);
	if (!record->waited_for)
		atomic_fetch_sub(&c->pending_bytes, record_cost(record));
	if (record->place != NULL) {
		show(c, record);
		return;
	}
	/* It will be delivered; only not told, for want of memory. */
	settle_ticket(record, TICKET_WITHDRAWN);
	record_free(record, time_now(c));
}

static void
publish_all(struct committer *c, bool ok)
{
	struct record *record, *next, **front = &c->pending;

	for (record = stage_records(c->journal); record != NULL;
	     record = next) {
		next = record->next;
		if (ok) {
			publish(c, record);
		} else if (record->ticket != NULL) {
			refuse(c, record, TICKET_FAILED);
		} else {
			/* Again, before those that came later. */
			record->next = *front;
			*front = record;
			if (c->pending_link == front)
				c->pending_link = &record->next;
			front = &record->next;
		}
	}
}

static void
release(struct committer *c, struct op *op)
{
	if (!op->end)
		return;
	if (op->record->waited_for)
		atomic_fetch_sub(&c->pending_bytes, record_cost(op->record));
	settle_release(c->journal, op->record);
}

/* What was staged is true now, or as it was before. */
static bool
commit(struct committer *c)
{
	struct journal *j = c->journal;
	struct err err = { 0 };
	bool ok = stage_commit(j, &err);

	publish_all(c, ok);
	clean_committed(j, ok);
	if (!ok) {
		c->ops_staged = c->ops_done;
		j->retry = true;
		return false;
	}
	for (; c->ops_done < c->ops_staged; c->ops_done++)
		release(c, &c->ops.at[c->ops_done]);
	return true;
}

/* False: a commit failed; the rest is for another time. */
static bool
commit_records(struct committer *c)
{
	struct journal *j = c->journal;
	struct record *record;

	while ((record = c->pending) != NULL) {
		enum stage_answer answer = stage_record(j, record);

		if (answer == STAGE_COMMIT) {
			if (!commit(c))
				return false;
			continue;
		}
		if (answer == STAGE_WAIT)
			return true;
		if (answer != STAGE_OK && record->ticket == NULL) {
			j->retry = true;
			return true;
		}
		c->pending = record->next;
		if (c->pending == NULL)
			c->pending_link = &c->pending;
		if (answer != STAGE_OK)
			refuse(c, record, TICKET_REFUSED);
	}
	return true;
}

static bool
commit_ops(struct committer *c)
{
	struct journal *j = c->journal;
	enum stage_answer answer;

	while (c->ops_staged < c->ops.count) {
		struct op *op = &c->ops.at[c->ops_staged];
		struct frame_range range = op->range;

		range.from += op->record->first_event;
		answer = range.count == 0
			     ? STAGE_OK
			     : stage_settle(j, op->record->place, range);
		if (answer == STAGE_OK) {
			c->ops_staged++;
		} else if (answer != STAGE_COMMIT) {
			j->retry |= answer != STAGE_WAIT;
			return true;
		} else if (!commit(c)) {
			return false;
		}
	}
	return true;
}

static bool
idle(const struct committer *c)
{
	return c->pending == NULL && c->ops_done == c->ops.count;
}

static void
work(struct committer *c)
{
	struct journal *j = c->journal;
	uint64_t before;

	do {
		gather(c);
		j->now = time_now(c);
		before = j->stage->batch + j->freed;
		if (commit_records(c) && commit_ops(c)) {
			clean_stage(j);
			commit(c);
		}
		journal_step(j, time_now(c));
		show_all(c);
		hand_out_jobs(c);
	} while (before != j->stage->batch + j->freed && !j->retry &&
		 (!idle(c) || clean_ready(j)));
}

static void *
run(void *arg)
{
	struct committer *c = arg;
	struct pollfd bell = { .fd = c->bell, .events = POLLIN };
	eventfd_t rings;
	int left = 40; /* rounds of RETRY_MS to commit what is left */
	bool stop;

	do {
		stop = atomic_load(&c->stop);
		if (!stop || !idle(c))
			poll(&bell, 1,
			    c->journal->retry || stop ? RETRY_MS : -1);
		(void)eventfd_read(c->bell, &rings);
		if (c->journal->retry)
			journal_retry(c->journal);
		work(c);
	} while (!stop || (!idle(c) && left-- > 0));
	return NULL;
}

static bool
start_threads(struct committer *c, struct err *err)
{
	int failed = pthread_create(&c->keeper, NULL, keep, c);

	c->threads[1] = failed == 0;
	if (failed == 0)
		failed = pthread_create(&c->thread, NULL, run, c);
	c->threads[0] = c->threads[1] && failed == 0;
	return failed == 0 ||
	       err_set(err, ERR_HOST, 0, "thread: %s", strerror(failed));
}

bool
committer_start(struct committer **out, const struct committer_options *options,
    struct err *err)
{
	struct committer *c = calloc(1, sizeof *c);

	if (c == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->jobs_lock, NULL);
	pthread_cond_init(&c->jobs_there, NULL);
	c->ended_link = &c->ended;
	c->jobs_link = &c->jobs;
	c->pending_link = &c->pending;
	c->disk = options->journal.disk;
	c->pending_most = options->pending_bytes;
	c->visible_fd = options->visible_fd;
	atomic_store(&c->now_ns, options->journal.now.ns);
	c->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (c->bell == -1)
		err_set(err, ERR_HOST, 0, "eventfd: %s", strerror(errno));
	if (c->bell == -1 ||
	    !journal_open(&c->journal, &options->journal, err) ||
	    (!options->by_hand && !start_threads(c, err))) {
		committer_stop(&c);
		return false;
	}
	ring(c->bell); /* there may be something to recover */
	*out = c;
	return true;
}

void
committer_step(struct committer *c)
{
	if (c->journal->retry)
		journal_retry(c->journal);
	work(c);
}

bool
committer_run_job(struct committer *c)
{
	struct job *job = c->jobs;

	if (job == NULL)
		return false;
	if ((c->jobs = job->next) == NULL)
		c->jobs_link = &c->jobs;
	job_run(job, c->disk);
	job->next = atomic_load(&c->done);
	atomic_store(&c->done, job);
	return true;
}

bool
committer_idle(const struct committer *c)
{
	return idle(c) && c->said.count == 0 &&
	       atomic_load(&c->appended) == NULL;
}

static void
stop_threads(struct committer *c)
{
	atomic_store(&c->stop, true);
	if (c->threads[0]) {
		ring(c->bell);
		pthread_join(c->thread, NULL);
	}
	pthread_mutex_lock(&c->jobs_lock);
	c->jobs_stop = true;
	pthread_cond_signal(&c->jobs_there);
	pthread_mutex_unlock(&c->jobs_lock);
	if (c->threads[1])
		pthread_join(c->keeper, NULL);
}

static void
free_records(struct record *record, struct instant now)
{
	struct record *next;

	for (; record != NULL; record = next) {
		next = record->next;
		settle_ticket(record, TICKET_FAILED);
		record_free(record, now);
	}
}

void
committer_stop(struct committer **committer)
{
	struct committer *c = *committer;
	struct job *job;

	if (c == NULL)
		return;
	stop_threads(c);
	if (c->journal != NULL) {
		gather_done(c);
		gather_ops(c);
	}
	while ((job = c->jobs) != NULL) {
		c->jobs = job->next;
		if (job->kind == JOB_SEAL)
			job_run(job, c->disk);
		job_free(job, time_now(c));
	}
	free_records(take_records(&c->appended), time_now(c));
	free_records(c->pending, time_now(c));
	free_records(take_records(&c->visible), time_now(c));
	for (; c->ops_done < c->ops.count; c->ops_done++)
		release(c, &c->ops.at[c->ops_done]);
	journal_close(&c->journal);
	free(c->ops.at);
	free(c->said.at);
	for (size_t i = 0; i < c->want_count; i++)
		table_release(c->wants[i].table, time_now(c));
	free(c->wants);
	if (c->bell != -1)
		close(c->bell);
	pthread_cond_destroy(&c->jobs_there);
	pthread_mutex_destroy(&c->jobs_lock);
	pthread_mutex_destroy(&c->lock);
	free(c);
	*committer = NULL;
}
