#include "gateway/journal/cost.h"

#include <string.h>

#include "gateway/model/record.h"
#include "gateway/journal/segment.h"
#include "gateway/journal/table_index.h"
#include "gateway/journal/frame.h"

/* `names`: the table's and the producer's, together. */
static uint64_t
cost_of(size_t names, uint64_t bytes)
{
	uint64_t len = FRAME_HEADER + names + bytes;

	return (len + FRAME_ALIGN - 1) / FRAME_ALIGN * FRAME_ALIGN + COST_EXTRA;
}

uint64_t
cost_of_record(const struct record *record)
{
	size_t names = strlen(record->table->options.name);

	if (record->producer != NULL)
		names += strlen(record->producer);
	return cost_of(names, record->bytes);
}

uint64_t
cost_of_entry(
    const struct segment_table *seg_table, const struct segment_entry *entry)
{
	return cost_of(strlen(seg_table->index->name) +
			   (entry->flags >> SEGMENT_ENTRY_PRODUCER),
	    entry->bytes);
}
