/*
 * spool - where producers and upstream meet, and nowhere else.
 *
 * Workers append, the pump takes; a slow upstream holds producers back only
 * by filling this up.  In this build events are kept in memory: a record lives
 * from spool_append to spool_settle, and all of them together within
 * `memory_bytes`.
 *
 * Units	bytes of memory, record headers included.
 * Ownership	spool_append takes a record when it says yes; spool_take gives
 *		it to the pump; spool_settle takes it back and frees it.
 * Threads	append from any; take and settle from the pump's thread.
 * Errors	"full" is a refusal, a value.
 */
#ifndef GATEWAY_SPOOL_SPOOL_H
#define GATEWAY_SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/clock.h"
#include "gateway/spool/record.h"
#include "gateway/spool/ticket.h"
#include "parsers/err.h"

struct spool_options {
	uint64_t memory_bytes;
};

struct spool;

bool spool_open(
    struct spool **out, const struct spool_options *options, struct err *err);

/* Frees what was never taken; nothing may be with the pump any more. */
void spool_close(struct spool **spool);

/*
 * Keeps the record and rings the pump, or says false: no room, the record
 * stays the caller's.  `accepted` must be set.
 */
bool spool_append(struct spool *spool, struct record *record);

/*
 * Is the spool over half full, and does this table hold more than its share of
 * it, where `tables` may hold some?  Any thread.
 */
bool spool_crowded_by(
    const struct spool *spool, const struct table *table, size_t tables);

/* Every record appended since the last call, oldest first, by `next`. */
struct record *spool_take(struct spool *spool);
void spool_settle(
    struct spool *spool, struct record *record, struct instant now);

/* An eventfd, readable when spool_take may find something. */
int spool_fd(const struct spool *spool);

/* Bytes now kept; any thread. */
uint64_t spool_bytes(const struct spool *spool);
uint64_t spool_limit_bytes(const struct spool *spool);

/*
 * Whole seconds, 1 to 60, after which a producer that was told "full" should
 * come back, by the rate at which the spool drained lately; any thread.
 */
uint32_t spool_retry_after_s(const struct spool *spool);

#endif
