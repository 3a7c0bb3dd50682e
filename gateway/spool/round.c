#include "gateway/spool/round.h"

#include <stdlib.h>
#include <sys/eventfd.h>

#include "gateway/spool/clean.h"
#include "gateway/spool/commit.h"
#include "gateway/spool/fetch.h"
#include "gateway/spool/roster.h"
#include "gateway/spool/settle.h"
#include "gateway/spool/ticket.h"

void
round_tell_time(struct round *r, struct instant now)
{
	atomic_store_explicit(&r->now_ns, now.ns, memory_order_relaxed);
}

static struct instant
time_now(struct round *r)
{
	return (struct instant){ atomic_load_explicit(
	    &r->now_ns, memory_order_relaxed) };
}

static void
gather_wants(struct round *r)
{
	struct journal *j = r->journal;
	struct inbox_want want;
	struct shelf *shelf;

	while (inbox_take_want(&r->inbox, &want)) {
		shelf = roster_of(j, want.table);
		if (shelf->serial == want.table->serial)
			fetch_want(j, shelf, want.bytes);
		table_release(want.table, j->now);
	}
}

static void
gather_ops(struct round *r)
{
	/* What is done is forgotten when all of it is. */
	if (r->ops_done == r->ops.count)
		r->ops.count = r->ops_done = r->ops_staged = 0;
	inbox_take_ops(&r->inbox, &r->ops);
}

static void
gather_done(struct round *r)
{
	struct job *job = keeper_take(&r->keeper), *next;

	for (; job != NULL; job = next) {
		next = job->next;
		job->next = NULL;
		journal_done(r->journal, job, time_now(r));
	}
}

static void
gather_records(struct round *r)
{
	*r->pending_link = inbox_take(&r->inbox.appended);
	while (*r->pending_link != NULL)
		r->pending_link = &(*r->pending_link)->next;
	gather_ops(r);
}

static void
gather(struct round *r)
{
	gather_records(r);
	gather_wants(r);
	gather_done(r);
}

static void
hand_out_jobs(struct round *r)
{
	struct job *job;

	while ((job = journal_job(r->journal)) != NULL)
		keeper_give(&r->keeper, job);
}

static void
show(struct round *r, struct record *record)
{
	/* The counter cannot overflow, so the write cannot fail. */
	if (inbox_push(&r->visible, record))
		(void)eventfd_write(r->visible_fd, 1);
}

static void
show_all(struct round *r)
{
	struct record *record, *next;

	for (record = journal_visible(r->journal); record != NULL;
	     record = next) {
		next = record->next;
		show(r, record);
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
refuse(struct round *r, struct record *record, enum ticket_result result)
{
	atomic_fetch_sub(&r->pending_bytes, record_cost(record));
	atomic_fetch_sub(&r->journal->reserved, cost_of_record(record));
	settle_ticket(record, result);
	record_free(record, time_now(r));
}

/* It is durable: say so, and let the pump have it. */
static void
publish(struct round *r, struct record *record)
{
	if (record->ticket != NULL &&
	    record->ticket->wish == TICKET_WISH_DURABLE)
		settle_ticket(record, TICKET_DURABLE);
	if (!record->waited_for)
		atomic_fetch_sub(&r->pending_bytes, record_cost(record));
	if (record->place != NULL) {
		show(r, record);
		return;
	}
	/* It will be delivered; only not told, for want of memory. */
	settle_ticket(record, TICKET_WITHDRAWN);
	record_free(record, time_now(r));
}

static void
publish_all(struct round *r, bool ok)
{
	struct record *record, *next, **front = &r->pending;

	for (record = commit_records(r->journal); record != NULL;
	     record = next) {
		next = record->next;
		if (ok) {
			publish(r, record);
		} else if (record->ticket != NULL) {
			refuse(r, record, TICKET_FAILED);
		} else {
			/* Again, before those that came later. */
			record->next = *front;
			*front = record;
			if (r->pending_link == front)
				r->pending_link = &record->next;
			front = &record->next;
		}
	}
}

static void
release(struct round *r, struct inbox_op *op)
{
	if (!op->end)
		return;
	if (op->record->waited_for)
		atomic_fetch_sub(&r->pending_bytes, record_cost(op->record));
	settle_release(r->journal, op->record);
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
commit(struct round *r)
{
	struct journal *j = r->journal;
	struct err err = { 0 };
	bool ok = commit_timed(j, &err);

	publish_all(r, ok);
	clean_committed(j, ok);
	if (!ok) {
		r->ops_staged = r->ops_done;
		j->retry = true;
		return false;
	}
	for (; r->ops_done < r->ops_staged; r->ops_done++)
		release(r, &r->ops.at[r->ops_done]);
	return true;
}

/* False: a commit failed; the rest is for another time. */
static bool
stage_records(struct round *r)
{
	struct journal *j = r->journal;
	struct record *record;

	while ((record = r->pending) != NULL) {
		enum stage_answer answer = stage_record(j, record);

		if (answer == STAGE_COMMIT) {
			if (!commit(r))
				return false;
			continue;
		}
		if (answer == STAGE_WAIT)
			return true;
		if (answer != STAGE_OK && record->ticket == NULL) {
			j->retry = true;
			return true;
		}
		r->pending = record->next;
		if (r->pending == NULL)
			r->pending_link = &r->pending;
		if (answer != STAGE_OK)
			refuse(r, record, TICKET_REFUSED);
	}
	return true;
}

static bool
stage_ops(struct round *r)
{
	struct journal *j = r->journal;
	enum stage_answer answer;

	while (r->ops_staged < r->ops.count) {
		struct inbox_op *op = &r->ops.at[r->ops_staged];
		struct frame_range range = op->range;

		range.from += op->record->first_event;
		answer = range.count == 0
			     ? STAGE_OK
			     : stage_settle(j, op->record->place, range);
		if (answer == STAGE_OK) {
			r->ops_staged++;
		} else if (answer != STAGE_COMMIT) {
			j->retry |= answer != STAGE_WAIT;
			return true;
		} else if (!commit(r)) {
			return false;
		}
	}
	return true;
}

bool
round_idle(const struct round *r)
{
	return r->pending == NULL && r->ops_done == r->ops.count;
}

void
round_run(struct round *r)
{
	struct journal *j = r->journal;
	uint64_t before;

	do {
		gather(r);
		j->now = time_now(r);
		before = j->stage->batch + j->freed;
		if (stage_records(r) && stage_ops(r)) {
			clean_stage(j);
			stage_probe(j);
			commit(r);
		}
		journal_step(j, time_now(r));
		show_all(r);
		hand_out_jobs(r);
	} while (before != j->stage->batch + j->freed && !j->retry &&
		 (!round_idle(r) || clean_ready(j)));
}

bool
round_help(struct round *r)
{
	struct journal *j = r->journal;

	if (j->retry)
		return false;
	gather_records(r);
	j->now = time_now(r);
	if (stage_records(r) && stage_ops(r))
		commit(r);
	journal_step(j, time_now(r));
	show_all(r);
	hand_out_jobs(r);
	return round_idle(r) && !clean_ready(j) && !j->retry;
}

void
round_init(struct round *r, struct disk *disk, int bell, int visible_fd)
{
	inbox_init(&r->inbox, bell);
	keeper_init(&r->keeper, disk, bell);
	r->pending_link = &r->pending;
	r->visible_fd = visible_fd;
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
round_fini(struct round *r)
{
	if (r->journal != NULL)
		gather(r);
	keeper_fini(&r->keeper, time_now(r));
	free_records(r->pending, time_now(r));
	free_records(inbox_take(&r->visible), time_now(r));
	for (; r->ops_done < r->ops.count; r->ops_done++)
		release(r, &r->ops.at[r->ops_done]);
	journal_close(&r->journal);
	free(r->ops.at);
	inbox_fini(&r->inbox, time_now(r));
}
