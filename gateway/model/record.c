#include "gateway/model/record.h"

#include <stdlib.h>
#include <string.h>

/* What malloc adds to a record; keeps the sum honest for small events. */
#define MALLOC_OVERHEAD 16

struct record *
record_new(uint32_t room)
{
	struct record *record = malloc(sizeof *record + room);

	if (record == NULL)
		return NULL;
	memset(
	    record, 0, sizeof *record); /* the lines are about to be written */
	record->room = room;
	return record;
}

struct record *
record_grow(struct record *record, uint32_t room)
{
	struct record *grown = realloc(record, sizeof *record + room);

	if (grown != NULL)
		grown->room = room;
	return grown;
}

void
record_free(struct record *record, struct instant now)
{
	if (record == NULL)
		return;
	if (record->table != NULL)
		table_release(record->table, now);
	free(record->producer);
	free(record);
}

uint64_t
record_cost(const struct record *record)
{
	return sizeof *record + record->room + MALLOC_OVERHEAD;
}
