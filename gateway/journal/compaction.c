#include "gateway/journal/compaction.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/journal/segment_index.h"
#include "gateway/journal/compaction_source.h"
#include "gateway/journal/capacity.h"
#include "gateway/journal/ack_apply.h"
#include "gateway/journal/write_batch.h"

#define READ_BYTES (1024 * 1024)
#define ITEMS_MOST 4096
#define STAGE_MOST 512 /* copies in one commit: others wait for it */

bool
compaction_init(struct journal *j)
{
	j->compaction = calloc(1, sizeof *j->compaction);
	return j->compaction != NULL;
}

void
compaction_fini(struct journal *j)
{
	if (j->compaction == NULL)
		return;
	io_job_free(j->compaction->ready, j->now);
	free(j->compaction->refs);
	free(j->compaction);
	j->compaction = NULL;
}

bool
compaction_ready(const struct journal *j)
{
	const struct compaction *c = j->compaction;

	return c->ready != NULL && c->staged < c->ready->item_count;
}

static void
begin(struct journal *j, struct segment *source)
{
	struct compaction *c = j->compaction;

	c->refs = calloc(source->records + 1, sizeof(struct record_ref *));
	if (c->refs == NULL)
		return;
	c->source = source;
	c->next = 0;
	source->busy++;
	for (struct record_ref *p = source->refs; p != NULL; p = p->next)
		c->refs[p->ordinal] = p;
}

static void
end(struct journal *j)
{
	struct compaction *c = j->compaction;

	assert(c->source != NULL);
	/* What could be copied is; the rest is in memory and unreadable. */
	c->source->uncompactable = c->source->living > 0;
	c->source->busy--;
	c->source = NULL;
	free(c->refs);
	c->refs = NULL;
	capacity_recycle(j);
}

static void
read_more(struct journal *j)
{
	struct compaction *c = j->compaction;
	struct segment *source = c->source;
	struct io_job *job = io_job_new(IO_JOB_READ, source);
	uint64_t bytes = 0;

	if (job == NULL)
		return;
	job->items = calloc(ITEMS_MOST, sizeof *job->items);
	for (; job->items != NULL && c->next < source->records; c->next++) {
		const struct segment_entry *e = &source->entries[c->next];

		if (segment_is_dead(source, c->next))
			continue;
		if (job->item_count == ITEMS_MOST || bytes > READ_BYTES)
			break;
		bytes += e->bytes;
		job->items[job->item_count++] =
		    (struct io_job_item){ .ordinal = c->next, .at8 = e->at8 };
	}
	if (job->item_count == 0) {
		io_job_free(job, j->now);
		if (c->next == source->records)
			end(j);
		return;
	}
	c->reading = true;
	journal_state_give_job(j, job);
}

void
compaction_step(struct journal *j)
{
	struct compaction *c = j->compaction;
	struct segment *source;

	if (atomic_load(&j->counts.recovering))
		return;
	if (c->source != NULL && c->source != j->used.first &&
	    compaction_source_is_short(j))
		compaction_source_drop(j, c->source);
	if (c->source == NULL) {
		source = compaction_source_candidate(j);
		if (source == NULL ||
		    (source == j->used.last &&
			capacity_ask_reopen(j) != CAPACITY_NEW_SEGMENT))
			return;
		begin(j, source);
	}
	if (c->source == NULL || c->ready != NULL || c->reading)
		return;
	if (c->source->living == 0)
		end(j);
	else if (c->source->entries == NULL)
		segment_index_want(j, c->source);
	else
		read_more(j);
}

void
compaction_done(struct journal *j, struct io_job *job)
{
	struct compaction *c = j->compaction;

	c->reading = false;
	if (!job->ok) {
		/* From its first record on again, later. */
		c->next = job->items[0].ordinal;
		j->retry = true;
		io_job_free(job, j->now);
		return;
	}
	c->ready = job;
	c->staged = c->committed = 0;
}

/* False: not in this commit. */
static bool
stage_item(struct journal *j, struct io_job_item *item)
{
	struct compaction *c = j->compaction;
	struct segment *source = c->source;
	const struct segment_entry *entry = &source->entries[item->ordinal];
	struct segment_table *seg_table;
	struct record_ref *ref = c->refs[item->ordinal];

	if (segment_is_dead(source, item->ordinal))
		return true;
	seg_table = source->tables[entry->number];
	if (item->record == NULL) {
		if (ref == NULL)
			ack_lost(j, seg_table, item->ordinal, entry);
		return true;
	}
	if (ref != NULL && ref->batch == j->batch->number)
		return false;
	return write_batch_add_copy(j, item->record, seg_table, item->ordinal,
		   ref) == WRITE_BATCH_OK;
}

void
compaction_stage(struct journal *j)
{
	struct compaction *c = j->compaction;
	uint32_t most = c->staged + STAGE_MOST;

	while (compaction_ready(j) && c->staged < most &&
	       stage_item(j, &c->ready->items[c->staged]))
		c->staged++;
}

void
compaction_committed(struct journal *j, bool ok)
{
	struct compaction *c = j->compaction;

	if (c->ready == NULL)
		return;
	if (!ok) {
		c->staged = c->committed;
		return;
	}
	c->committed = c->staged;
	if (c->committed < c->ready->item_count)
		return;
	io_job_free(c->ready, j->now);
	c->ready = NULL;
}
