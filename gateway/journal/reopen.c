#include "gateway/journal/reopen.h"

#include <stdlib.h>

#include "gateway/journal/compaction.h"
#include "gateway/journal/group_commit.h"
#include "gateway/journal/segment_footer.h"
#include "gateway/journal/segment_index.h"
#include "gateway/journal/capacity.h"

#define LEFT_LEAST 1024 /* a segment with less is as good as full */

bool
reopen_is_full(const struct segment *segment)
{
	return segment->tail + LEFT_LEAST +
		   segment_footer_room((uint64_t)segment->records + 1, 3,
		       (uint64_t)segment->table_count + 1) >
	       segment->size;
}

enum reopen_answer
reopen_ask(const struct journal *j)
{
	const struct segment *last = j->used.last;

	/*
	 * Whether a commit that failed says somewhere that this one ends
	 * here, nobody knows: then nothing may be written behind that end.
	 */
	if (j->open != NULL || last == NULL || last->foreign_size ||
	    last->aborted_tried ||
	    capacity_free(j) + capacity_creatable(j) > CAPACITY_KEPT_BACK)
		return REOPEN_NO;
	if (!last->loaded || atomic_load(&j->counts.recovering))
		return REOPEN_SOON;
	if (reopen_is_full(last))
		return REOPEN_NO;
	return j->reopen_failed ? REOPEN_FAILS : REOPEN_SOON;
}

void
reopen_step(struct journal *j)
{
	struct segment *last = j->used.last;
	struct io_job *job;

	if (reopen_ask(j) == REOPEN_NO || !last->loaded ||
	    atomic_load(&j->counts.recovering))
		return;
	compaction_drop(j, last);
	if (last->busy > 0)
		return;
	job = io_job_new(IO_JOB_ZERO, last);
	if (job == NULL)
		return;
	job->whole = true;
	last->zeroing = true;
	journal_give_job(j, job);
}

/* Where records of tables go of which nothing lives: a footer names it "". */
static bool
add_dead_table(struct segment *segment, uint16_t *number_out)
{
	struct segment_table *seg_table = calloc(1, sizeof *seg_table);

	if (seg_table == NULL)
		return false;
	seg_table->segment = segment;
	if (!segment_add_table(segment, seg_table)) {
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
	segment_index_forget(j, segment); /* an open one keeps its list */
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
