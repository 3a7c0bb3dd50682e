/*
 * label_table - gives names from outside small numbers, at most 1,000 of them.
 *
 * Otherwise a client that invents table or producer names could fill our memory
 * and that of Prometheus.  The first 1,000 names get a number of their own for
 * as long as the process runs: a counter must never go back.
 * All later ones share the number 0, called "other".
 *
 * Units	names of at most LABEL_MAX bytes.
 * Ownership	a plain value, large; zeroed is empty.
 */
#ifndef GATEWAY_METRICS_LABEL_TABLE_H
#define GATEWAY_METRICS_LABEL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"

#define LABEL_MAX         64
#define LABEL_TABLE_MOST  1001 /* "other" and a thousand */
#define LABEL_OTHER       0
#define LABEL_TABLE_SLOTS 2048 /* of the hash: a power of two, twice as many */

struct label_table {
	uint16_t count; /* names[1..count] */
	char names[LABEL_TABLE_MOST][LABEL_MAX + 1];
	uint16_t slots[LABEL_TABLE_SLOTS];
};

/* LABEL_OTHER when it has none. */
uint16_t label_table_find(const struct label_table *labels, struct span name);

/* Gives it one if there are any left and the name is not too long. */
uint16_t label_table_intern(struct label_table *labels, struct span name);
bool label_table_full(const struct label_table *labels);
const char *label_table_name(const struct label_table *labels, uint16_t label);

#endif
