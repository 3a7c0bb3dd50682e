#include "gateway/spool/committer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/spool/clean.h"
#include "gateway/spool/commit.h"
#include "gateway/spool/fetch.h"
#include "gateway/spool/inbox.h"
#include "gateway/spool/keeper.h"
#include "gateway/spool/roster.h"
#include "gateway/spool/settle.h"
#include "gateway/spool/ticket.h"

#define RETRY_MS   250 /* after a disk failed */
#define LAST_TRIES 40  /* of as long each, to commit what is left at the end */
#define RIDE_MS    5   /* in which settlements wait for a commit to ride */
#define RIDES_MOST 40  /* then there is a turn all the same */

struct committer {
	struct journal *journal;
	struct inbox inbox;
	struct keeper keeper;
	uint64_t pending_most;
	int visible_fd;
	int bell; /* something is to be done */
	pthread_t thread;
	bool running;
	atomic_bool stop;

	/*
	 * Whoever has this is the committer for now.  It guards a role, not
	 * data: no other lock is ever waited for by one who wants it.
	 */
	pthread_mutex_t turn;
	atomic_int_fast64_t now_ns; /* the latest that anyone told */
	atomic_uint_fast64_t pending_bytes;
	_Atomic(struct record *) visible; /* newest first */

	/* The committer's own. */
	struct record *pending, **pending_link; /* oldest first */
	struct inbox_ops ops;
	size_t ops_staged, ops_done;
};

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
committer_put(struct committer *c, struct record *record, bool *ring_out)
{
	struct journal *j = c->journal;
	uint64_t cost = cost_of_record(record);

	if (record->bytes > j->options.largest_bytes ||
	    !take_room(&c->pending_bytes, record_cost(record), c->pending_most))
		return false;
	if (!take_room(&j->reserved, cost, atomic_load(&j->limit))) {
		atomic_fetch_sub(&c->pending_bytes, record_cost(record));
		return false;
	}
	tell_time(c, record->accepted);
	*ring_out |= inbox_append(&c->inbox, record);
	return true;
}

void
committer_ring(struct committer *c)
{
	inbox_ring(&c->inbox);
}

bool
committer_append(struct committer *c, struct record *record)
{
	bool ring = false;

	if (!committer_put(c, record, &ring))
		return false;
	if (ring)
		committer_ring(c);
	return true;
}

struct record *
committer_visible(struct committer *c)
{
	return inbox_take(&c->visible);
}

void
committer_part(
    struct committer *c, struct record *record, struct frame_range range)
{
	inbox_part(&c->inbox, record, range);
}

void
committer_end(struct committer *c, struct record *record, struct instant now)
{
	tell_time(c, now);
	inbox_end(&c->inbox, record);
}

void
committer_want(struct committer *c, struct table *table, uint64_t bytes)
{
	inbox_want(&c->inbox, table, bytes);
}

const struct journal *
committer_journal(const struct committer *c)
{
	return c->journal;
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
	struct inbox_want want;
	struct shelf *shelf;

	while (inbox_take_want(&c->inbox, &want)) {
		shelf = roster_of(j, want.table);
		if (shelf->serial == want.table->serial)
			fetch_want(j, shelf, want.bytes);
		table_release(want.table, j->now);
	}
}

static void
gather_ops(struct committer *c)
{
	/* What is done is forgotten when all of it is. */
	if (c->ops_done == c->ops.count)
		c->ops.count = c->ops_done = c->ops_staged = 0;
	inbox_take_ops(&c->inbox, &c->ops);
}

static void
gather_done(struct committer *c)
{
	struct job *job = keeper_take(&c->keeper), *next;

	for (; job != NULL; job = next) {
		next = job->next;
		job->next = NULL;
		journal_done(c->journal, job, time_now(c));
	}
}

static void
gather_records(struct committer *c)
{
	*c->pending_link = inbox_take(&c->inbox.appended);
	while (*c->pending_link != NULL)
		c->pending_link = &(*c->pending_link)->next;
	gather_ops(c);
}

static void
gather(struct committer *c)
{
	gather_records(c);
	gather_wants(c);
	gather_done(c);
}

static void
hand_out_jobs(struct committer *c)
{
	struct job *job;

	while ((job = journal_job(c->journal)) != NULL)
		keeper_give(&c->keeper, job);
}

static void
show(struct committer *c, struct record *record)
{
	/* The counter cannot overflow, so the write cannot fail. */
	if (inbox_push(&c->visible, record))
		(void)eventfd_write(c->visible_fd, 1);
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
	atomic_fetch_sub(&c->journal->reserved, cost_of_record(record));
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

	for (record = commit_records(c->journal); record != NULL;
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
release(struct committer *c, struct inbox_op *op)
{
	if (!op->end)
		return;
	if (op->record->waited_for)
		atomic_fetch_sub(&c->pending_bytes, record_cost(op->record));
	settle_release(c->journal, op->record);
}

/* How long it took is for people: nothing here goes by it. */
static bool
commit_timed(struct journal *j, struct err *err)
{
	uint64_t before = atomic_load(&j->counts.commits);
	struct instant begun = clock_now();
	bool ok = commit_run(j, err);

	if (atomic_load(&j->counts.commits) != before)
		histogram_add(&j->counts.commit_times, &histogram_time,
		    clock_now().ns - begun.ns, 1);
	return ok;
}

/* What was staged is true now, or as it was before. */
static bool
commit(struct committer *c)
{
	struct journal *j = c->journal;
	struct err err = { 0 };
	bool ok = commit_timed(j, &err);

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
stage_records(struct committer *c)
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
stage_ops(struct committer *c)
{
	struct journal *j = c->journal;
	enum stage_answer answer;

	while (c->ops_staged < c->ops.count) {
		struct inbox_op *op = &c->ops.at[c->ops_staged];
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
		if (stage_records(c) && stage_ops(c)) {
			clean_stage(j);
			stage_probe(j);
			commit(c);
		}
		journal_step(j, time_now(c));
		show_all(c);
		hand_out_jobs(c);
	} while (before != j->stage->batch + j->freed && !j->retry &&
		 (!idle(c) || clean_ready(j)));
}

/*
 * Copying forward, and getting over a failure, is left to the committer's own
 * thread.
 */
static bool
help(struct committer *c)
{
	struct journal *j = c->journal;

	if (j->retry)
		return false;
	gather_records(c);
	j->now = time_now(c);
	if (stage_records(c) && stage_ops(c))
		commit(c);
	journal_step(j, time_now(c));
	show_all(c);
	hand_out_jobs(c);
	return idle(c) && !clean_ready(j) && !j->retry;
}

void
committer_help(struct committer *c)
{
	bool done = false;

	if (pthread_mutex_trylock(&c->turn) == 0) {
		done = help(c);
		pthread_mutex_unlock(&c->turn);
	}
	if (!done)
		committer_ring(c);
}

/*
 * Nobody waits for settlements.  As long as others commit, they go along; only
 * now and then is there a turn for what else has to be seen to.  While they
 * ride, the bell means something else.
 */
static void
let_ride(struct committer *c, struct pollfd *bell)
{
	const struct journal_counts *counts = &c->journal->counts;
	eventfd_t rings;
	uint64_t before;
	int left = RIDES_MOST;

	(void)eventfd_read(c->bell, &rings);
	if (atomic_load(&c->keeper.done) != NULL || !inbox_ride(&c->inbox))
		return;
	do
		before = atomic_load(&counts->commits);
	while (poll(bell, 1, RIDE_MS) == 0 &&
	       atomic_load(&counts->commits) != before && --left > 0);
	inbox_ride_ends(&c->inbox);
	(void)eventfd_read(c->bell, &rings);
}

struct turn_end {
	bool idle, retry;
};

static struct turn_end
take_turn(struct committer *c)
{
	struct turn_end end;

	pthread_mutex_lock(&c->turn);
	if (c->journal->retry)
		journal_retry(c->journal);
	work(c);
	end.idle = idle(c);
	end.retry = c->journal->retry;
	pthread_mutex_unlock(&c->turn);
	return end;
}

static void *
run(void *arg)
{
	struct committer *c = arg;
	struct pollfd bell = { .fd = c->bell, .events = POLLIN };
	struct turn_end last = { .idle = true };
	int left = LAST_TRIES;
	bool stop;

	do {
		stop = atomic_load(&c->stop);
		if (!stop || !last.idle)
			poll(&bell, 1, last.retry || stop ? RETRY_MS : -1);
		let_ride(c, &bell);
		last = take_turn(c);
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
	c->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pthread_mutex_init(&c->turn, NULL);
	inbox_init(&c->inbox, c->bell);
	keeper_init(&c->keeper, options->journal.disk, c->bell);
	c->pending_link = &c->pending;
	c->pending_most = options->pending_bytes;
	c->visible_fd = options->visible_fd;
	tell_time(c, options->journal.now);
	if (c->bell == -1)
		err_set(err, ERR_HOST, 0, "eventfd: %s", strerror(errno));
	if (c->bell == -1 ||
	    !journal_open(&c->journal, &options->journal, err) ||
	    (!options->by_hand &&
		(!keeper_start(&c->keeper, err) || !start_thread(c, err)))) {
		committer_stop(&c);
		return false;
	}
	(void)eventfd_write(c->bell, 1); /* there may be much to recover */
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
	return keeper_run_one(&c->keeper);
}

bool
committer_idle(struct committer *c)
{
	return idle(c) && inbox_empty(&c->inbox);
}

static void
stop_threads(struct committer *c)
{
	atomic_store(&c->stop, true);
	if (c->running) {
		(void)eventfd_write(c->bell, 1);
		pthread_join(c->thread, NULL);
		c->running = false;
	}
	keeper_stop(&c->keeper);
}

uint64_t
committer_end_work(struct committer *c)
{
	const struct journal *j = c->journal;
	uint64_t events = 0;

	stop_threads(c);
	for (size_t i = 0; i < tables_capacity(j->options.tables); i++)
		events += atomic_load(&j->shelves[i].events);
	for (struct shelf *s = j->stranded; s != NULL; s = s->next)
		events += atomic_load(&s->events);
	return events;
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

	if (c == NULL)
		return;
	stop_threads(c);
	if (c->journal != NULL)
		gather(c);
	keeper_fini(&c->keeper, time_now(c));
	free_records(c->pending, time_now(c));
	free_records(inbox_take(&c->visible), time_now(c));
	for (; c->ops_done < c->ops.count; c->ops_done++)
		release(c, &c->ops.at[c->ops_done]);
	journal_close(&c->journal);
	free(c->ops.at);
	inbox_fini(&c->inbox, time_now(c));
	pthread_mutex_destroy(&c->turn);
	if (c->bell != -1)
		close(c->bell);
	free(c);
	*committer = NULL;
}
