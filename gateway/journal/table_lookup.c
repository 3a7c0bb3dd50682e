#include "gateway/journal/table_lookup.h"

#include <stdlib.h>
#include <string.h>

struct table_index *
table_lookup_of(struct journal *j, struct table *table)
{
	return &j->shelves[table->index];
}

static struct table_index *
stranded_shelf(struct journal *j, const char *name)
{
	struct table_index *shelf = j->stranded;

	while (shelf != NULL && strcmp(shelf->name, name) != 0)
		shelf = shelf->next;
	if (shelf != NULL)
		return shelf;
	shelf = calloc(1, sizeof *shelf);
	if (shelf == NULL)
		return NULL;
	shelf->stranded = true;
	strncpy(shelf->name, name, sizeof shelf->name - 1);
	atomic_store(&shelf->oldest_ms, INT64_MAX);
	shelf->next = j->stranded;
	j->stranded = shelf;
	return shelf;
}

struct table_index *
table_lookup_named(struct journal *j, const char *name)
{
	struct table *table;
	struct table_index *shelf;

	if (!table_name_valid(span_of(name)) ||
	    tables_find(j->options.tables, span_of(name), j->now, &table) !=
		TABLE_FOUND)
		return stranded_shelf(j, name);
	shelf = table_lookup_of(j, table);
	table_index_bind(shelf, table);
	table_release(table, j->now);
	return shelf;
}
