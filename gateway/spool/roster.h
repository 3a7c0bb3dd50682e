/*
 * roster - which shelf is whose.
 *
 * A table's shelf stands at the table's index.  What a start finds of tables
 * that may not be written to any more has a shelf by its name.
 *
 * Ownership	shelves are the journal's.
 * Threads	none inside.
 * Errors	out of memory: NULL.
 */
#ifndef GATEWAY_SPOOL_ROSTER_H
#define GATEWAY_SPOOL_ROSTER_H

#include "gateway/spool/journal.h"

struct shelf *roster_of(struct journal *journal, struct table *table);
struct shelf *roster_named(struct journal *journal, const char *name);

#endif
