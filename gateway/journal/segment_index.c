#include "gateway/journal/segment_index.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/journal/compaction.h"

/* No longer one of those with its list of records in memory. */
void
segment_index_forget(struct journal *j, const struct segment *segment)
{
	for (uint32_t i = 0; i < JOURNAL_INDEXED; i++)
		if (j->indexed[i] == segment)
			j->indexed[i] = NULL;
}

void
segment_index_want(struct journal *j, struct segment *segment)
{
	struct io_job *job;

	if (segment->indexing || segment->entries != NULL)
		return;
	job = io_job_new(IO_JOB_LOAD, segment);
	if (job == NULL)
		return;
	segment->indexing = true;
	journal_give_job(j, job);
}

/* Where the list of the least recently indexed one stood. */
static void
make_way(struct journal *j, struct segment *segment)
{
	struct segment **slot;

	for (uint32_t i = 0; i < JOURNAL_INDEXED; i++) {
		slot = &j->indexed[j->indexed_next];
		j->indexed_next = (j->indexed_next + 1) % JOURNAL_INDEXED;
		if (*slot == NULL || !compaction_uses(j, *slot))
			break;
	}
	if (*slot != NULL)
		segment_drop_entries(*slot);
	*slot = segment;
}

static struct holding *
holding_named(const struct segment *segment, const char *name)
{
	struct holding *holding;

	for (uint32_t i = 0; i < segment->holding_count; i++) {
		holding = segment->holdings[i];
		if (holding->shelf != NULL && holding->records > 0 &&
		    strcmp(holding->shelf->name, name) == 0)
			return holding;
	}
	return NULL;
}

/*
 * The numbers of tables in a segment's footer are not those of its holdings
 * here, where only what lives has one.
 */
bool
segment_index_put(
    struct journal *j, struct segment *segment, struct segment_contents *c)
{
	uint16_t *numbers = calloc(c->table_count + 1, sizeof *numbers);
	struct holding *holding;

	if (numbers == NULL || c->records < segment->records) {
		free(numbers);
		return false;
	}
	for (uint32_t i = 0; i < c->table_count; i++) {
		holding = holding_named(segment, c->tables[i].name);
		numbers[i] =
		    holding != NULL ? holding->number : SEGMENT_NO_TABLE;
	}
	for (uint32_t i = 0; i < c->records; i++)
		c->entries[i].number = numbers[c->entries[i].number];
	free(numbers);
	make_way(j, segment);
	free(segment->entries);
	segment->entries = c->entries;
	segment->entries_room = c->entries_room;
	c->entries = NULL;
	c->records = c->entries_room = 0;
	return true;
}
