/*
 * label_table - names from outside become small numbers, and a bounded many do.
 *
 * Whoever can invent table or producer names could otherwise fill our memory,
 * and the memory of whoever scrapes us.  The first 1,000 names get a number of
 * their own, for as long as the process lives: a counter must never go back.
 * All later ones share the number 0, called "other".
 *
 * Units	names of at most LABEL_MAX bytes.
 * Ownership	a plain value, large; zeroed is empty.
 * Threads	none inside: the owner sees to it.
 * Errors	none: "other" is always to be had.
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
