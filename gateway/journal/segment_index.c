#include "gateway/journal/segment_index.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/journal/compaction_source.h"

void
segment_index_want(struct journal *j, struct segment *segment)
{
	struct io_job *job;

	if (segment->loading_entries || segment->entries != NULL)
		return;
	job = io_job_new(IO_JOB_LOAD, segment);
	if (job == NULL)
		return;
	segment->loading_entries = true;
	journal_state_give_job(j, job);
}

/* Where the list of the least recently indexed one stood. */
static void
cache_slot(struct journal *j, struct segment *segment)
{
	struct segment **slot;

	for (uint32_t i = 0; i < JOURNAL_CACHED; i++) {
		slot = &j->cached[j->cached_next];
		j->cached_next = (j->cached_next + 1) % JOURNAL_CACHED;
		if (*slot == NULL || !compaction_source_is(j, *slot))
			break;
	}
	if (*slot != NULL)
		segment_drop_entries(*slot);
	*slot = segment;
}

static struct segment_table *
table_named(const struct segment *segment, const char *name)
{
	struct segment_table *seg_table;

	for (uint32_t i = 0; i < segment->table_count; i++) {
		seg_table = segment->tables[i];
		if (seg_table->index != NULL && seg_table->records > 0 &&
		    strcmp(seg_table->index->name, name) == 0)
			return seg_table;
	}
	return NULL;
}

/*
 * The numbers of tables in a segment's footer are not those in memory, where
 * only tables with living records have one.
 */
bool
segment_index_put(
    struct journal *j, struct segment *segment, struct segment_contents *c)
{
	uint16_t *numbers = calloc(c->table_count + 1, sizeof *numbers);
	struct segment_table *seg_table;

	if (numbers == NULL || c->records < segment->records) {
		free(numbers);
		return false;
	}
	for (uint32_t i = 0; i < c->table_count; i++) {
		seg_table = table_named(segment, c->tables[i].name);
		numbers[i] =
		    seg_table != NULL ? seg_table->number : SEGMENT_NO_TABLE;
	}
	for (uint32_t i = 0; i < c->records; i++)
		c->entries[i].number = numbers[c->entries[i].number];
	free(numbers);
	cache_slot(j, segment);
	free(segment->entries);
	segment->entries = c->entries;
	segment->entries_room = c->entries_room;
	c->entries = NULL;
	c->records = c->entries_room = 0;
	return true;
}
