#include "gateway/journal/journal.h"

#include <stdlib.h>

#include "gateway/journal/compaction.h"
#include "gateway/journal/read_ahead.h"
#include "gateway/journal/segment_index.h"
#include "gateway/journal/recovery.h"
#include "gateway/journal/reopen.h"
#include "gateway/journal/capacity.h"
#include "gateway/journal/write_batch.h"

#define SPARE       2 /* free segments that are made in advance */
#define FAILED_MOST 8 /* failed first commits before a file is removed */
#define PATIENCE                                                               \
	20 /* read jobs that may fail in a row before what cannot be read counts as damaged */

static bool
make_first(struct journal *j, struct err *err)
{
	struct io_job *job;

	if (capacity_free(j) > 0 || capacity_creatable(j) == 0)
		return true;
	job = io_job_new(IO_JOB_CREATE, NULL);
	if (job == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	job->id = j->next_id++;
	job->size = j->options.segment_bytes;
	j->creating = true;
	io_job_run(job, j->io);
	if (!job->ok && j->used.count == 0) {
		*err = job->err;
		io_job_free(job, j->now);
		return false;
	}
	j->jobs_out++;
	journal_done(j, job, j->now);
	return true;
}

bool
journal_open(struct journal **out, const struct journal_options *options,
    struct err *err)
{
	struct journal *j;
	bool ok = false;

	if (!capacity_check(options, err))
		return false;
	j = calloc(1, sizeof *j);
	if (j == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	j->options = *options;
	j->io = options->io;
	j->now = options->now;
	j->random = options->seed;
	j->next_id = 1;
	j->indexes =
	    calloc(tables_capacity(options->tables) + 1, sizeof *j->indexes);
	if (j->indexes == NULL || !write_batch_init(j) || !compaction_init(j)) {
		err_set(err, ERR_HOST, 0, "no memory");
		goto out;
	}
	for (size_t i = 0; i < tables_capacity(options->tables); i++)
		atomic_store(&j->indexes[i].oldest_ms, INT64_MAX);
	if (!recovery_open(j, err))
		goto out;
	j->segments_most = capacity_segments(options, j->quarantine_bytes);
	journal_recycle(j);
	if (!make_first(j, err))
		goto out;
	capacity_publish_limit(j);
	*out = j;
	j = NULL;
	ok = true;
out:
	journal_close(&j);
	return ok;
}

static void
finish_jobs(struct journal *j)
{
	struct io_job *job;

	while ((job = journal_job(j)) != NULL) {
		if (job->kind == IO_JOB_SEAL || job->kind == IO_JOB_REMOVE)
			io_job_run(job, j->io);
		io_job_free(job, j->now);
	}
}

static void
close_list(struct journal *j, struct segment_list *list)
{
	struct segment *segment;

	while ((segment = segment_list_pop(list)) != NULL) {
		for (struct record_ref *p = segment->refs, *next; p != NULL;
		     p = next) {
			next = p->next;
			free(p);
		}
		j->io->close(j->io, segment->file);
		segment_free(segment);
	}
}

void
journal_close(struct journal **journal)
{
	struct journal *j = *journal;
	struct table_index *index, *next;
	struct record *record;

	if (j == NULL)
		return;
	if (j->open != NULL && j->open->tail > SEGMENT_HEADER)
		write_batch_seal(j);
	finish_jobs(j);
	while ((record = journal_visible(j)) != NULL)
		for (struct record *r = record; r != NULL; r = record) {
			record = r->next;
			record_free(r, j->now);
		}
	compaction_fini(j);
	recovery_fini(j);
	write_batch_fini(j);
	close_list(j, &j->used);
	close_list(j, &j->free);
	for (size_t i = 0;
	     j->indexes != NULL && i < tables_capacity(j->options.tables); i++)
		if (j->indexes[i].table != NULL)
			table_release(j->indexes[i].table, j->now);
	for (index = j->orphaned; index != NULL; index = next) {
		next = index->next;
		free(index);
	}
	free(j->indexes);
	free(j);
	*journal = NULL;
}

static void
forget_tables(struct segment *segment)
{
	for (uint32_t i = 0; i < segment->table_count; i++)
		table_index_forget(segment->tables[i]);
}

/* The youngest: nothing of it was ever durable. */
void
journal_take_out(struct journal *j, struct segment *segment)
{
	segment_list_remove(&j->used, segment);
	forget_tables(segment);
	segment_clear(segment);
	segment->to_unlink = segment->failed >= FAILED_MOST;
	j->to_unlink += segment->to_unlink;
	/*
	 * It holds nothing and was the last to be taken: it is the next to be
	 * used.
	 */
	segment_list_push_front(&j->free, segment);
}

uint64_t
journal_next_epoch(struct journal *j)
{
	uint64_t z = (j->random += UINT64_C(0x9e3779b97f4a7c15));

	/* splitmix64: well mixed, and the same for the same seed. */
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return ++j->counter << 32 | ((z ^ z >> 31) & UINT32_MAX);
}

struct segment *
journal_find(const struct journal *j, uint64_t epoch)
{
	struct segment *segment = j->used.first;

	while (segment != NULL && segment->epoch != epoch)
		segment = segment->next;
	return segment;
}

static void
remove_file(struct journal *j, struct segment *segment)
{
	struct io_job *job = io_job_new(IO_JOB_REMOVE, NULL);

	if (job != NULL) {
		job->id = segment->id;
		job->file = segment->file;
		j->removing++;
		journal_give_job(j, job);
	} /* else it is found again at the next start */
	segment_free(segment);
}

/*
 * A dead segment may be overwritten or removed only after all that died before
 * it: its acks may speak of records in those.
 */
static void
unlink_dead(struct journal *j)
{
	if (j->open != NULL && j->open->tail == SEGMENT_HEADER)
		return; /* the one before it is not overwritten yet */
	while (j->free.first != NULL && j->free.first->to_unlink) {
		j->to_unlink--;
		remove_file(j, segment_list_pop(&j->free));
	}
}

void
journal_recycle(struct journal *j)
{
	struct segment *s;

	while ((s = j->used.first) != NULL && s->state != SEGMENT_OPEN &&
	       s->loaded && s->living == 0 && s->busy == 0) {
		segment_list_pop(&j->used);
		recovery_forget(j, s);
		segment_index_forget(j, s);
		forget_tables(s);
		segment_clear(s);
		s->broken = false; /* its next life has other bytes */
		s->to_unlink =
		    s->foreign_size ||
		    j->used.count + capacity_free(j) >= j->segments_most;
		j->to_unlink += s->to_unlink;
		segment_list_push(&j->free, s);
		j->freed++;
	}
	unlink_dead(j);
	capacity_publish_limit(j);
}

void
journal_give_job(struct journal *j, struct io_job *job)
{
	if (job->segment != NULL)
		job->segment->busy++;
	job->forgiving = j->unreadable >= PATIENCE;
	job->next = NULL;
	if (j->jobs == NULL)
		j->jobs = job;
	else
		j->jobs_last->next = job;
	j->jobs_last = job;
}

struct io_job *
journal_job(struct journal *j)
{
	struct io_job *job = j->jobs;

	if (job == NULL)
		return NULL;
	j->jobs = job->next;
	job->next = NULL;
	j->jobs_out++;
	return job;
}

static void
created(struct journal *j, struct io_job *job)
{
	struct segment *segment;

	j->creating = false;
	j->create_failed = !job->ok;
	j->retry |= !job->ok;
	if (!job->ok) {
		j->last_err = job->err;
		return;
	}
	segment = segment_new(job->id, job->size, job->file);
	j->freed++;
	if (segment != NULL)
		segment_list_push(&j->free, segment);
	else
		j->io->close(j->io, job->file);
}

static void
loaded(struct journal *j, struct io_job *job)
{
	struct segment *segment = job->segment;

	if (!segment->loaded) {
		recovery_done(j, job);
		return;
	}
	segment->loading_entries = false;
	if (!job->ok || !segment_index_put(j, segment, &job->contents))
		j->retry = true;
}

static void
sealed(struct journal *j, struct io_job *job)
{
	/* Without a footer it is scanned when need be. */
	job->segment->state = SEGMENT_SEALED;
	if (!compaction_uses(j, job->segment))
		segment_drop_entries(job->segment);
}

void
journal_done(struct journal *j, struct io_job *job, struct instant now)
{
	j->now = now;
	j->jobs_out--;
	if (io_job_reads(job->kind))
		j->unreadable = job->ok ? 0 : j->unreadable + 1;
	if (job->segment != NULL)
		job->segment->busy--;
	switch (job->kind) {
	case IO_JOB_CREATE:
		created(j, job);
		break;
	case IO_JOB_REMOVE:
		j->removing--;
		break;
	case IO_JOB_SEAL:
		sealed(j, job);
		break;
	case IO_JOB_ZERO:
		reopen_done(j, job);
		break;
	case IO_JOB_LOAD:
		loaded(j, job);
		break;
	case IO_JOB_ACKS:
	case IO_JOB_VERIFY:
		recovery_done(j, job);
		break;
	case IO_JOB_READ:
		if (job->index == NULL) {
			compaction_done(j, job);
			job = NULL; /* keeps what was read */
			break;
		}
		read_ahead_done(j, job);
		break;
	}
	io_job_free(job, now);
	journal_recycle(j);
}

static void
make_spares(struct journal *j)
{
	struct io_job *job;

	if (j->creating || capacity_free(j) >= SPARE ||
	    capacity_creatable(j) == 0)
		return;
	job = io_job_new(IO_JOB_CREATE, NULL);
	if (job == NULL)
		return;
	job->id = j->next_id++;
	job->size = j->options.segment_bytes;
	j->creating = true;
	journal_give_job(j, job);
}

void
journal_step(struct journal *j, struct instant now)
{
	j->now = now;
	make_spares(j);
	recovery_step(j);
	read_ahead_step(j);
	compaction_step(j);
	reopen_step(j);
}

void
journal_retry(struct journal *j)
{
	j->retry = false;
	j->failed = true;
	j->create_failed = false;
	capacity_publish_limit(j);
	for (size_t i = 0; i < tables_capacity(j->options.tables); i++)
		read_ahead_need(j, &j->indexes[i]);
}

void
journal_show(struct journal *j, struct record *record)
{
	record->next = NULL;
	if (j->visible == NULL)
		j->visible = record;
	else
		j->visible_last->next = record;
	j->visible_last = record;
}

struct record *
journal_visible(struct journal *j)
{
	struct record *records = j->visible;

	j->visible = NULL;
	return records;
}

void
journal_begin_counts(struct journal *journal)
{
	atomic_fetch_add(&journal->version, 1);
}

void
journal_end_counts(struct journal *journal)
{
	atomic_fetch_add(&journal->version, 1);
}
