/*
 * table_lookup - which table_index is whose.
 *
 * A table's table_index stands at the table's own number.  What a start finds
 * of tables that may not be written to any more has one by the table's name.
 *
 * Ownership	a table_index is the journal's.
 * Errors	out of memory: NULL.
 */
#ifndef GATEWAY_JOURNAL_TABLE_LOOKUP_H
#define GATEWAY_JOURNAL_TABLE_LOOKUP_H

#include "gateway/journal/journal_state.h"

struct table_index *table_lookup_of(
    struct journal *journal, struct table *table);
struct table_index *table_lookup_named(
    struct journal *journal, const char *name);

#endif
