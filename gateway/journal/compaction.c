#include "gateway/journal/compaction.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/journal/segment_index.h"
#include "gateway/journal/reopen.h"
#include "gateway/journal/capacity.h"
#include "gateway/journal/ack_apply.h"
#include "gateway/journal/write_batch.h"

#define READ_BYTES (1024 * 1024)
#define ITEMS_MOST 4096
#define STAGE_MOST 512 /* copies in one commit: others wait for it */
#define SHORT_OF   2   /* free segments or fewer: room is short */
#define LOG_LEAST  4   /* segments; a smaller log is left alone */

struct compaction {
	struct segment *source;
	uint32_t next;            /* ordinal not yet read */
	struct record_ref **refs; /* by ordinal, of records in memory */
	struct io_job *ready;     /* records read; of its items, */
	uint32_t staged;          /* these are in the batch, */
	uint32_t committed;       /* and these are done */
	bool reading;
};

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

static bool
may_be_source(const struct segment *segment)
{
	return segment->state != SEGMENT_OPEN && segment->loaded &&
	       segment->living > 0 && !segment->uncompactable &&
	       !segment->zeroing;
}

/* Room in segments that are not written to any more, if each has `room`. */
static uint64_t
dead_bytes(const struct journal *j, uint64_t room)
{
	uint64_t dead = 0;

	for (struct segment *s = j->used.first; s != NULL; s = s->next)
		if (s->state != SEGMENT_OPEN && s->living_bytes < room)
			dead += room - s->living_bytes;
	return dead;
}

static bool
is_short(const struct journal *j)
{
	return capacity_free(j) + capacity_creatable(j) <= SHORT_OF;
}

/* Copying pays only where there is a segment's worth to be won. */
static struct segment *
candidate(const struct journal *j)
{
	uint64_t dead, size = j->options.segment_bytes;
	uint64_t room = capacity_of_segment(&j->options);
	struct segment *s = j->used.first;

	/*
	 * Compacting a segment that is not the oldest takes room and frees
	 * none: only the oldest can be reused.
	 */
	for (; s != NULL && !is_short(j); s = s->next)
		if (s->broken && may_be_source(s))
			return s;
	s = j->used.first;
	if (s == NULL || !may_be_source(s))
		return NULL;
	if (capacity_free(j) + capacity_creatable(j) < SHORT_OF &&
	    dead_bytes(j, size) >= size)
		return s; /* room is counted on the safe side */
	dead = dead_bytes(j, room);
	if (is_short(j))
		return dead >= room ? s : NULL;
	if (j->used.count > LOG_LEAST && dead > j->used.count * room / 2)
		return s;
	return NULL;
}

bool
compaction_can_help(const struct journal *j)
{
	if (atomic_load(&j->counts.recovering))
		return false;
	return j->compaction->source != NULL || candidate(j) != NULL;
}

bool
compaction_uses(const struct journal *j, const struct segment *segment)
{
	return j->compaction->source == segment;
}

uint64_t
compaction_bytes_left(const struct journal *j)
{
	const struct segment *source = j->compaction->source;

	source = source == NULL ? j->used.first : source;
	return source == j->used.first && source != j->open && source != NULL
		   ? source->living_bytes
		   : 0;
}

bool
compaction_ready(const struct journal *j)
{
	const struct compaction *c = j->compaction;

	return c->ready != NULL && c->staged < c->ready->item_count;
}

void
compaction_note(struct journal *j, struct record_ref *ref)
{
	if (ref->segment == j->compaction->source &&
	    j->compaction->refs != NULL)
		j->compaction->refs[ref->ordinal] = ref;
}

void
compaction_forget(struct journal *j, struct record_ref *ref)
{
	if (ref->segment == j->compaction->source &&
	    j->compaction->refs != NULL)
		j->compaction->refs[ref->ordinal] = NULL;
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

	/* What could be copied is; the rest is in memory and unreadable. */
	c->source->uncompactable = c->source->living > 0;
	c->source->busy--;
	c->source = NULL;
	free(c->refs);
	c->refs = NULL;
	journal_recycle(j);
}

void
compaction_drop(struct journal *j, const struct segment *segment)
{
	struct compaction *c = j->compaction;

	if (c->source != segment || c->reading)
		return;
	io_job_free(c->ready, j->now);
	c->ready = NULL;
	c->staged = c->committed = 0;
	c->source->busy--;
	c->source = NULL;
	free(c->refs);
	c->refs = NULL;
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
	journal_give_job(j, job);
}

void
compaction_step(struct journal *j)
{
	struct compaction *c = j->compaction;
	struct segment *source;

	if (atomic_load(&j->counts.recovering))
		return;
	if (c->source != NULL && c->source != j->used.first && is_short(j))
		compaction_drop(j, c->source);
	if (c->source == NULL) {
		source = candidate(j);
		if (source == NULL ||
		    (source == j->used.last && reopen_ask(j) != REOPEN_NO))
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
