#include "gateway/journal/reopen.h"

#include <stdlib.h>

#include "gateway/journal/compaction_source.h"
#include "gateway/journal/group_commit.h"
#include "gateway/journal/segment_footer.h"
#include "gateway/journal/segment_index.h"
#include "gateway/journal/capacity.h"

void
reopen_step(struct journal *j)
{
	struct segment *last = j->used.last;
	struct io_job *job;

	if (capacity_ask_reopen(j) == CAPACITY_NEW_SEGMENT || !last->loaded ||
	    atomic_load(&j->counts.recovering))
		return;
	compaction_source_drop(j, last);
	if (last->busy > 0)
		return;
	job = io_job_new(IO_JOB_ZERO, last);
	if (job == NULL)
		return;
	job->whole = true;
	last->zeroing = true;
	journal_state_give_job(j, job);
}

/* Where records of tables go of which nothing lives: a footer names it "". */
static bool
add_dead_table(struct segment *segment, uint16_t *number_out)
{
	struct segment_table *seg_table = calloc(1, sizeof *seg_table);

	if (seg_table == NULL)
		return false;
	seg_table->segment = segment;
	if (!table_index_add_entry(segment, seg_table)) {
		free(seg_table);
		return false;
	}
	*number_out = seg_table->number;
	return true;
}

static bool
take_contents(
    struct journal *j, struct segment *segment, struct segment_contents *c)
{
	uint16_t dead;

	if (c->tail != segment->tail || c->records != segment->records ||
	    !add_dead_table(segment, &dead) ||
	    !segment_index_put(j, segment, c))
		return false;
	for (uint32_t i = 0; i < segment->records; i++)
		if (segment->entries[i].number == SEGMENT_NO_TABLE)
			segment->entries[i].number = dead;
	free(segment->aux);
	segment->aux = c->aux;
	segment->aux_count = c->aux_count;
	segment->aux_room = c->aux_room;
	c->aux = NULL;
	c->aux_count = c->aux_room = 0;
	return true;
}

void
reopen_done(struct journal *j, struct io_job *job)
{
	struct segment *segment = job->segment;

	segment->zeroing = false;
	if (j->open != NULL || segment != j->used.last ||
	    segment->aborted_tried)
		return; /* room came, and a new one was begun */
	if (!job->ok || !take_contents(j, segment, &job->contents)) {
		j->retry = j->reopen_failed = true;
		return;
	}
	j->reopen_failed = false;
	journal_state_forget_cached(
	    j, segment); /* an open one keeps its list */
	group_commit_forget_aborted(j, segment->epoch);
	segment->broken = segment->uncompactable = false;
	segment->limit = segment->size;
	segment->state = SEGMENT_OPEN;
	/*
	 * No footer any more: one says that every commit in it was whole, and
	 * of the last one before nobody knows.
	 */
	segment->reopened = true;
	j->open = segment;
	j->freed++;
}
