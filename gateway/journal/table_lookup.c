#include "gateway/journal/table_lookup.h"

#include <stdlib.h>
#include <string.h>

struct table_index *
table_lookup_of(struct journal *j, struct table *table)
{
	return &j->indexes[table->index];
}

static struct table_index *
orphaned_index(struct journal *j, const char *name)
{
	struct table_index *index = j->orphaned;

	while (index != NULL && strcmp(index->name, name) != 0)
		index = index->next;
	if (index != NULL)
		return index;
	index = calloc(1, sizeof *index);
	if (index == NULL)
		return NULL;
	index->orphaned = true;
	strncpy(index->name, name, sizeof index->name - 1);
	atomic_store(&index->oldest_ms, INT64_MAX);
	index->next = j->orphaned;
	j->orphaned = index;
	return index;
}

struct table_index *
table_lookup_named(struct journal *j, const char *name)
{
	struct table *table;
	struct table_index *index;

	if (!table_name_valid(span_of(name)) ||
	    tables_find(j->options.tables, span_of(name), j->now, &table) !=
		TABLE_FOUND)
		return orphaned_index(j, name);
	index = table_lookup_of(j, table);
	table_index_bind(index, table);
	table_release(table, j->now);
	return index;
}
