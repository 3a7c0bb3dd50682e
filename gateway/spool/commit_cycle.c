#include "gateway/spool/commit_cycle.h"

#include <stdlib.h>
#include <sys/eventfd.h>

#include "gateway/journal/compaction.h"
#include "gateway/journal/group_commit.h"
#include "gateway/journal/read_ahead.h"
#include "gateway/journal/table_lookup.h"
#include "gateway/journal/ack_apply.h"
#include "gateway/model/completion.h"

void
commit_cycle_set_time(struct commit_cycle *r, struct instant now)
{
	atomic_store_explicit(&r->now_ns, now.ns, memory_order_relaxed);
}

static struct instant
time_now(struct commit_cycle *r)
{
	return (struct instant){ atomic_load_explicit(
	    &r->now_ns, memory_order_relaxed) };
}

static void
gather_wants(struct commit_cycle *r)
{
	struct journal *j = r->journal;
	struct submit_queue_want want;
	struct table_index *index;

	while (submit_queue_take_want(&r->queue, &want)) {
		index = table_lookup_of(j, want.table);
		if (index->serial == want.table->serial)
			read_ahead_want(j, index, want.bytes);
		table_release(want.table, j->now);
	}
}

static void
gather_ops(struct commit_cycle *r)
{
	/* What is done is forgotten when all of it is. */
	if (r->ops_done == r->ops.count)
		r->ops.count = r->ops_done = r->ops_staged = 0;
	submit_queue_take_ops(&r->queue, &r->ops);
}

static void
gather_done(struct commit_cycle *r)
{
	struct io_job *job = io_thread_take(&r->io_thread), *next;

	for (; job != NULL; job = next) {
		next = job->next;
		job->next = NULL;
		journal_done(r->journal, job, time_now(r));
	}
}

static void
gather_records(struct commit_cycle *r)
{
	*r->pending_link = record_queue_take(&r->queue.appended);
	while (*r->pending_link != NULL)
		r->pending_link = &(*r->pending_link)->next;
	gather_ops(r);
}

static void
gather(struct commit_cycle *r)
{
	gather_records(r);
	gather_wants(r);
	gather_done(r);
}

static void
hand_out_jobs(struct commit_cycle *r)
{
	struct io_job *job;

	while ((job = journal_job(r->journal)) != NULL)
		io_thread_give(&r->io_thread, job);
}

static void
show(struct commit_cycle *r, struct record *record)
{
	/* The counter cannot overflow, so the write cannot fail. */
	if (record_queue_push(&r->visible, record))
		(void)eventfd_write(r->visible_fd, 1);
}

static void
show_all(struct commit_cycle *r)
{
	struct record *record, *next;

	for (record = journal_visible(r->journal); record != NULL;
	     record = next) {
		next = record->next;
		show(r, record);
	}
}

static void
complete(struct record *record, enum completion_result result)
{
	struct completion *completion = record->completion;

	record->completion = NULL;
	if (completion != NULL)
		completion_complete(completion, result);
}

static void
refuse(struct commit_cycle *r, struct record *record,
    enum completion_result result)
{
	atomic_fetch_sub(&r->pending_bytes, record_cost(record));
	atomic_fetch_sub(&r->journal->reserved, cost_of_record(record));
	complete(record, result);
	record_free(record, time_now(r));
}

/* It is durable: say so, and let the pump have it. */
static void
publish(struct commit_cycle *r, struct record *record)
{
	if (record->completion != NULL &&
	    record->completion->until == COMPLETION_UNTIL_DURABLE)
		complete(record, COMPLETION_DURABLE);
	if (!record->pinned)
		atomic_fetch_sub(&r->pending_bytes, record_cost(record));
	if (record->ref != NULL) {
		show(r, record);
		return;
	}
	/*
	 * It will be delivered; but the record leaves memory now, and its
	 * request can not be answered then.
	 */
	complete(record, COMPLETION_WITHDRAWN);
	record_free(record, time_now(r));
}

static void
publish_all(struct commit_cycle *r, bool ok)
{
	struct record *record, *next, **front = &r->pending;

	for (record = group_commit_records(r->journal); record != NULL;
	     record = next) {
		next = record->next;
		if (ok) {
			publish(r, record);
		} else if (record->completion != NULL) {
			refuse(r, record, COMPLETION_DISK_FAILED);
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
release(struct commit_cycle *r, struct submit_queue_op *op)
{
	if (!op->end)
		return;
	if (op->record->pinned)
		atomic_fetch_sub(&r->pending_bytes, record_cost(op->record));
	ack_release(r->journal, op->record);
}

/* How long it took is for people: nothing here goes by it. */
static bool
commit_timed(struct journal *j, struct err *err)
{
	uint64_t before = atomic_load(&j->counts.commits);
	struct instant begun = clock_now();
	bool ok = group_commit_run(j, err);

	if (atomic_load(&j->counts.commits) != before)
		histogram_add(&j->counts.commit_times, &histogram_time,
		    clock_now().ns - begun.ns, 1);
	return ok;
}

/* On success all of the batch is true; else everything is as it was before. */
static bool
commit(struct commit_cycle *r)
{
	struct journal *j = r->journal;
	struct err err = { 0 };
	bool ok = commit_timed(j, &err);

	publish_all(r, ok);
	compaction_committed(j, ok);
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
stage_records(struct commit_cycle *r)
{
	struct journal *j = r->journal;
	struct record *record;

	while ((record = r->pending) != NULL) {
		enum write_batch_answer answer =
		    write_batch_add_record(j, record);

		if (answer == WRITE_BATCH_COMMIT) {
			if (!commit(r))
				return false;
			continue;
		}
		/*
		 * What is waited for may never come from a disk that fails,
		 * and a producer that waits wants its answer before that.
		 */
		if (answer == WRITE_BATCH_WAIT &&
		    (record->completion == NULL || !j->failed))
			return true;
		if (answer != WRITE_BATCH_OK && record->completion == NULL) {
			j->retry = true;
			return true;
		}
		r->pending = record->next;
		if (r->pending == NULL)
			r->pending_link = &r->pending;
		if (answer != WRITE_BATCH_OK)
			refuse(r, record, COMPLETION_SPOOL_FULL);
	}
	return true;
}

static bool
stage_ops(struct commit_cycle *r)
{
	struct journal *j = r->journal;
	enum write_batch_answer answer;

	while (r->ops_staged < r->ops.count) {
		struct submit_queue_op *op = &r->ops.at[r->ops_staged];
		struct frame_range range = op->range;

		range.from += op->record->first_event;
		answer = range.count == 0
			     ? WRITE_BATCH_OK
			     : write_batch_add_ack(j, op->record->ref, range);
		if (answer == WRITE_BATCH_OK) {
			r->ops_staged++;
		} else if (answer != WRITE_BATCH_COMMIT) {
			j->retry |= answer != WRITE_BATCH_WAIT;
			return true;
		} else if (!commit(r)) {
			return false;
		}
	}
	return true;
}

bool
commit_cycle_idle(const struct commit_cycle *r)
{
	return r->pending == NULL && r->ops_done == r->ops.count;
}

void
commit_cycle_run(struct commit_cycle *r)
{
	struct journal *j = r->journal;
	uint64_t before;

	do {
		gather(r);
		j->now = time_now(r);
		before = j->batch->number + j->freed;
		if (stage_records(r) && stage_ops(r)) {
			compaction_stage(j);
			write_batch_probe(j);
			commit(r);
		}
		journal_step(j, time_now(r));
		show_all(r);
		hand_out_jobs(r);
	} while (before != j->batch->number + j->freed && !j->retry &&
		 (!commit_cycle_idle(r) || compaction_ready(j)));
}

bool
commit_cycle_help(struct commit_cycle *r)
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
	return commit_cycle_idle(r) && !compaction_ready(j) && !j->retry;
}

void
commit_cycle_init(
    struct commit_cycle *r, struct io_ops *io, int wakeup_fd, int visible_fd)
{
	submit_queue_init(&r->queue, wakeup_fd);
	io_thread_init(&r->io_thread, io, wakeup_fd);
	r->pending_link = &r->pending;
	r->visible_fd = visible_fd;
}

static void
free_records(struct record *record, struct instant now)
{
	struct record *next;

	for (; record != NULL; record = next) {
		next = record->next;
		complete(record, COMPLETION_DISK_FAILED);
		record_free(record, now);
	}
}

void
commit_cycle_fini(struct commit_cycle *r)
{
	if (r->journal != NULL)
		gather(r);
	io_thread_fini(&r->io_thread, time_now(r));
	free_records(r->pending, time_now(r));
	free_records(record_queue_take(&r->visible), time_now(r));
	for (; r->ops_done < r->ops.count; r->ops_done++)
		release(r, &r->ops.at[r->ops_done]);
	journal_close(&r->journal);
	free(r->ops.at);
	submit_queue_fini(&r->queue, time_now(r));
}
