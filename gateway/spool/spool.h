/*
 * spool - where producers and upstream meet, and nowhere else.
 *
 * Workers append, the pump takes; a slow upstream holds producers back only
 * by filling this up.  With a directory, records go to a log on disk before
 * the pump sees them, and stay there until they are acked; in memory there
 * is only what the pump needs soon.  Without one the same calls work on memory
 * alone.  What can be seen of it: spool_stats.h.
 *
 *	append --> committer: one write, one sync for all --> take --> ack
 *	               |  ^                                              |
 *	    completion: durable  +-------------- acks -------------------+
 *
 * Units	bytes.
 * Ownership	spool_put takes a record when it says yes; spool_take gives
 *		it to the pump; spool_ack and spool_abandon take it back.
 * Threads	put, wake, help from any; take, ack, abandon, want from the
 *		pump's.
 * Errors	"full" is a refusal, a value.  spool_open fails with ERR_BUSY
 *		when another process has the directory.
 */
#ifndef GATEWAY_SPOOL_SPOOL_H
#define GATEWAY_SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/model/record.h"
#include "gateway/model/completion.h"
#include "parsers/err.h"

struct io_ops;
struct journal;

struct spool_options {
	uint64_t memory_bytes; /* of records, however many are on disk */
	char *directory;       /* NULL: memory only, and nothing below counts */
	uint64_t max_bytes;
	uint64_t segment_bytes;
	uint64_t largest_bytes; /* of a record's lines */
	struct tables *tables;  /* borrowed */
	struct io_ops *io;      /* instead of the directory: for tests */
	uint64_t seed;          /* random */
	struct instant now;     /* the same moment by both clocks */
	int64_t wall_ms;
};

struct spool;

bool spool_open(
    struct spool **out, const struct spool_options *options, struct err *err);

/*
 * Commits what was appended and acked, and stops the threads. Returns the
 * number of events that stay on disk for the next start; without a directory
 * they are gone.
 */
uint64_t spool_end(struct spool *spool);

/*
 * Does that too, and frees what was never taken; nothing may be with the pump
 * any more.
 */
void spool_close(struct spool **spool);

/* Is a 200 at the level `durable` to be had? */
bool spool_is_durable(const struct spool *spool);

/*
 * Takes the record; false: no room, the record stays the caller's. `accepted`
 * and `accepted_ms` must be set. A ticket with the wish `durable` is completed
 * once the record is synced. Where *wake_out was set (it is never cleared),
 * spool_wake or spool_help must follow; so the records of one pass share one
 * wake and one commit.
 */
bool spool_put(struct spool *spool, struct record *record, bool *wake_out);
void spool_wake(struct spool *spool);

/*
 * Instead of spool_wake, by a thread that would only wait: commits what was
 * put, in the caller's thread, unless another one is committing now.
 */
void spool_help(struct spool *spool);

/*
 * Is the spool over half full, and does this table hold more than its share of
 * it, where `tables` may hold some?  Any thread.
 */
bool spool_crowded_by(
    const struct spool *spool, const struct table *table, size_t tables);

/* Records that came since the last call, oldest first, by `next`. */
struct record *spool_take(struct spool *spool);

/*
 * These events of the record, counted from the first that it holds, need not be
 * kept any longer: delivered, dead-lettered or withdrawn.
 */
void spool_ack_part(
    struct spool *spool, struct record *record, uint32_t from, uint32_t count);

/* Acks what was not acked by parts, and gives the record back. */
void spool_ack(struct spool *spool, struct record *record, struct instant now);

/*
 * Gives the record back without an ack: what is not acked stays on disk and is
 * read again when it is wanted, or at the next start. In memory alone the
 * record is gone.
 */
void spool_abandon(
    struct spool *spool, struct record *record, struct instant now);

/*
 * How many bytes of this table's records the pump wants to have in memory at
 * most; 0: none, UINT64_MAX: as the spool sees fit, which it does unasked.
 */
void spool_want(struct spool *spool, struct table *table, uint64_t bytes);

/* An eventfd, readable when spool_take may find something. */
int spool_fd(const struct spool *spool);

/* Bytes now kept, of the limit; on disk where it is on disk; any thread. */
uint64_t spool_bytes(const struct spool *spool);
uint64_t spool_limit_bytes(const struct spool *spool);

/*
 * Whole seconds, 1 to 60, after which a producer that was told "full" should
 * come back, by the rate at which the spool drained lately; any thread.
 */
uint32_t spool_retry_after_s(const struct spool *spool, struct instant now);

/* For its parts, and its atomics alone: the log; NULL in memory alone. */
const struct journal *spool_journal(const struct spool *spool);

#endif
