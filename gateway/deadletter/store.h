/*
 * store - the files of dead letters, which people read and edit.
 *
 *	DIR/letters-0000000000000001.ndjson	one letter a line: see record.h
 *	DIR/letters-0000000000000002.ndjson	the newest is written to
 *	DIR/lock				held by the process that writes
 *
 * All letters of one append are kept, synced, or none is.  An append that fails
 * cuts off what it wrote; a torn end that a crash left is cut off at the next
 * start.  The name of a new file is synced before a letter in it counts.  After
 * a failed sync a file is not written to again: the kernel may have dropped the
 * data, and a second sync would not report that.
 *
 * A request appends the letters of its invalid events before its valid events
 * go to the spool, and decides afterwards whether the letters stay:
 *
 *	append --> revocable --release---> kept
 *	              \-------take_back--> removed
 *
 * A crash in between leaves letters of a request whose producer got no answer;
 * its valid events are not there, as promised.
 *
 * Replay and purge change files.  They rotate first, then wait until no letter
 * in the files before is revocable.  From then on these files are theirs: no
 * letter is added, taken back or moved there.
 *
 * The files together never exceed `max_bytes`.  Only people make room.
 *
 * Ownership	deadletter_store_open allocates, deadletter_store_close frees.
 * Threads	any.  A call blocks while the disk syncs.
 * Errors	FULL is a value; so is FAILED, with a text.  Opening fails with
 *		ERR_BUSY when another process has the folder.
 */
#ifndef GATEWAY_DEADLETTER_STORE_H
#define GATEWAY_DEADLETTER_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "parsers/err.h"
#include "parsers/span.h"

struct deadletter_store_options {
	char *directory; /* created if missing; NULL: no dead letters */
	uint64_t max_bytes;
	const char *admin; /* our admin address, for the lock; NULL: none */
};

struct deadletter_store;

/* Letters that may still be taken back; zeroed: none. */
struct deadletter_store_ref {
	uint64_t file, offset, len;
};

enum deadletter_store_result {
	DEADLETTER_STORE_KEPT,
	DEADLETTER_STORE_FULL,
	DEADLETTER_STORE_FAILED, /* the disk's fault: nothing was kept */
};

bool deadletter_store_open(struct deadletter_store **out,
    const struct deadletter_store_options *options, struct err *err);
void deadletter_store_close(struct deadletter_store **store);

/*
 * Whole lines, each with its line feed.  With `ref_out` they are revocable,
 * until they are released or taken back; NULL: they stay.
 */
enum deadletter_store_result deadletter_store_append(
    struct deadletter_store *store, struct span lines,
    struct deadletter_store_ref *ref_out, struct err *err);

/* False: the disk's fault, and the letters may stay. */
bool deadletter_store_take_back(struct deadletter_store *store,
    const struct deadletter_store_ref *ref, struct err *err);

/* The letters stay. */
void deadletter_store_release(
    struct deadletter_store *store, const struct deadletter_store_ref *ref);

/*
 * The next append goes to a new file; *last_out is the last file before it.
 * False: a torn end could not be cut off, the disk's fault.
 */
bool deadletter_store_rotate(
    struct deadletter_store *store, uint64_t *last_out, struct err *err);

/* No letter in the files before the last rotation is revocable any more. */
bool deadletter_store_rotation_done(struct deadletter_store *store);

/* To be called after somebody else changed files: counts their bytes again. */
void deadletter_store_recount(struct deadletter_store *store);

uint64_t deadletter_store_bytes(struct deadletter_store *store);

/*
 * Logs once when letters cannot be kept any more, and once when they can again.
 * Each user of the store has its own, because the consequence differs, and so
 * does the advice.  Zeroed: not raised.
 */
struct deadletter_store_alarm {
	atomic_bool raised;
};

void deadletter_store_alarm_raise(struct deadletter_store_alarm *alarm,
    const char *reason, const char *advice);
void deadletter_store_alarm_clear(struct deadletter_store_alarm *alarm);

#endif
