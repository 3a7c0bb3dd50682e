/*
 * replay - dead letters become events again.
 *
 * For one batch of letters (replay_batch.h) after the other:
 *
 *	read --> check --> append to the spool --> wait for it --> remove
 *	           |               |                    |          letters
 *	           v               v                    v
 *	        rejected          left                 left
 *	        (its letter       (the letters stay, and the replay
 *	        stays)            ends with the reason)
 *
 * An event goes through the same checks as one that is posted now.  Letters are
 * removed only when their events are known to be kept: synced, or delivered
 * where the spool is in memory only.  So a crash at any moment loses no event,
 * and delivers the events of at most one batch twice.
 *
 * An event that is refused again later becomes a letter again, in a file behind
 * `last`, which this replay does not read.
 *
 * Ownership	all is borrowed.
 * Threads	the caller's, which blocks for the disk.  Nobody else may change
 *		the files up to `last` meanwhile: see deadletter_store_rotate.
 * Errors	the end is a value, with a text where the disk is to blame.
 */
#ifndef GATEWAY_DEADLETTER_REPLAY_H
#define GATEWAY_DEADLETTER_REPLAY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/metrics/registry.h"
#include "gateway/deadletter/reader.h"
#include "gateway/spool/spool.h"
#include "gateway/model/table.h"
#include "parsers/err.h"
#include "parsers/json/event.h"

struct replay_uses {
	const char *directory; /* of the dead letters */
	struct tables *tables;
	struct spool *spool;
	struct registry_block *block; /* the caller's own; may be NULL */
	uint64_t largest_bytes;       /* of a record's lines */
	uint64_t ack_timeout_ms;      /* where the spool is in memory only */
};

/* Why a letter is rejected: an event_fault, or one of its table. */
enum replay_reason {
	REPLAY_UNKNOWN_TABLE = EVENT_FAULT_COUNT,
	REPLAY_TOO_MANY_TABLES,
	REPLAY_TABLE_ABSENT,
	REPLAY_REASONS,
};

const char *replay_reason_word(unsigned reason);

/*	symbol		word		for people */
#define REPLAY_ENDS(X)                                                         \
	X(DONE, "done", "")                                                    \
	X(STOPPED, "stopped", "the gateway is ending; ask again when it runs") \
	X(SPOOL_FULL, "spool_full",                                            \
	    "the spool is full, or this table has its share of it; ask again " \
	    "when some of it is delivered")                                    \
	X(NOT_DELIVERED, "not_delivered",                                      \
	    "the upstream did not take the events in time; ask again when it " \
	    "answers")                                                         \
	X(DISK, "disk",                                                        \
	    "the spool's disk failed: some events may have been kept, and "    \
	    "come twice if you ask again")                                     \
	X(UNMARKED, "unmarked",                                                \
	    "events were kept, but their letters could not be removed: they "  \
	    "come twice if you ask again")                                     \
	X(UNREADABLE, "unreadable", "the letters cannot be read")              \
	X(NO_MEMORY, "no_memory", "there is no memory to read them")

/* clang-format off */
#define REPLAY_ENUM(symbol, word, text) REPLAY_##symbol,
enum replay_end { REPLAY_ENDS(REPLAY_ENUM) REPLAY_END_COUNT };
/* clang-format on */

const char *replay_end_word(enum replay_end end);
const char *replay_end_text(enum replay_end end);

struct replay {
	enum replay_end end;
	uint64_t replayed;
	uint64_t rejected[REPLAY_REASONS];
	uint64_t left;    /* they match, and were not replayed or rejected */
	bool left_known;  /* false: it was stopped before they were counted */
	uint64_t damaged; /* lines that are not letters */
	struct err err;   /* of the disk */
};

/* Replays the letters in files up to `last` that match; *stop ends it early. */
void replay_run(const struct replay_uses *uses,
    const struct deadletter_reader_filter *filter, uint64_t last,
    const atomic_bool *stop, struct replay *out);

#endif
