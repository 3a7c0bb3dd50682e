/*
 * spool_counts - what waits of each table, and what came and went.
 *
 * Apart from spool.h, since who counts neither appends nor takes.
 *
 * Units	records, events, bytes; wall milliseconds.
 * Ownership	plain values; the spool is borrowed.
 * Threads	any.
 * Errors	spool_counts: a value.
 */
#ifndef GATEWAY_SPOOL_SPOOL_COUNTS_H
#define GATEWAY_SPOOL_SPOOL_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spool;
struct table;

/* What waits of one table, counted. */
struct spool_waiting {
	uint64_t records, events, bytes;
	int64_t oldest_ms; /* INT64_MAX: nothing waits */
};

struct spool_waiting spool_waiting(
    const struct spool *spool, const struct table *table);

/*
 * Why events of a table are there, and that others are not any more, since
 * this start; all as of one moment, at which
 *
 *	recovered + accepted = settled + waiting
 *
 * counted where records come and go.  Settled: of what spool_settle was told,
 * the events whose settlement is committed.
 */
struct spool_counts {
	uint64_t serial; /* of the table that they are of */
	uint64_t recovered, accepted, settled, waiting, bytes;
	int64_t oldest_ms; /* at the latest; INT64_MAX: nothing waits */
};

/* By the table's index.  False: ask again; or in memory alone. */
bool spool_counts(
    const struct spool *spool, size_t index, struct spool_counts *out);

#endif
