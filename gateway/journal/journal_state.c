#include "gateway/journal/journal_state.h"

#define FAILED_MOST 8 /* failed first commits before a file is removed */
#define PATIENCE                                                               \
	20 /* failed reading jobs before what is unreadable counts as damaged */

void
journal_state_forget_tables(struct segment *segment)
{
	for (uint32_t i = 0; i < segment->table_count; i++)
		table_index_forget(segment->tables[i]);
}

/* The youngest: nothing of it was ever durable. */
void
journal_state_take_out(struct journal *j, struct segment *segment)
{
	segment_list_remove(&j->used, segment);
	journal_state_forget_tables(segment);
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
journal_state_next_epoch(struct journal *j)
{
	return ++j->counter << 32 | (rng_next(&j->random) & UINT32_MAX);
}

struct segment *
journal_state_find(const struct journal *j, uint64_t epoch)
{
	struct segment *segment = j->used.first;

	while (segment != NULL && segment->epoch != epoch)
		segment = segment->next;
	return segment;
}

void
journal_state_give_job(struct journal *j, struct io_job *job)
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

void
journal_state_publish(struct journal *j, struct record *record)
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
journal_state_begin_counts(struct journal *journal)
{
	atomic_fetch_add(&journal->version, 1);
}

void
journal_state_end_counts(struct journal *journal)
{
	atomic_fetch_add(&journal->version, 1);
}

void
journal_state_need_read(struct journal *j, struct table_index *index)
{
	if (index->needs_read || index->reading || index->orphaned ||
	    index->on_disk == 0)
		return;
	index->needs_read = true;
	index->next = NULL;
	if (j->needs_read == NULL)
		j->needs_read = index;
	else
		j->needs_read_last->next = index;
	j->needs_read_last = index;
}

/* No longer one of those with its list of records in memory. */
void
journal_state_forget_cached(struct journal *j, const struct segment *segment)
{
	for (uint32_t i = 0; i < JOURNAL_CACHED; i++)
		if (j->cached[i] == segment)
			j->cached[i] = NULL;
}
