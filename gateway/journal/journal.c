#include "gateway/journal/journal.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/journal/compaction.h"
#include "gateway/journal/compaction_source.h"
#include "gateway/journal/read_ahead.h"
#include "gateway/journal/segment_index.h"
#include "gateway/journal/recovery.h"
#include "gateway/journal/reopen.h"
#include "gateway/journal/capacity.h"
#include "gateway/journal/write_batch.h"

#define SPARE 2 /* free segments that are made in advance */

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
	j->random.state = options->seed;
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
	capacity_recycle(j);
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

	assert(segment != NULL);
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
	assert(job->segment != NULL);
	/* Without a footer it is scanned when need be. */
	job->segment->state = SEGMENT_SEALED;
	if (!compaction_source_is(j, job->segment))
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
	capacity_recycle(j);
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
	journal_state_give_job(j, job);
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
		journal_state_need_read(j, &j->indexes[i]);
}
