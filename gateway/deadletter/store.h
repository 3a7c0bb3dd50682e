/*
 * store - files of events that could not go their way, for people.
 *
 *	DIR/letters-0000000000000001.ndjson	a line a letter: see record.h
 *	DIR/letters-0000000000000002.ndjson	the youngest is written to
 *	DIR/lock				who has the folder
 *
 * All letters of one call stand together, synced, or none of them does: a call
 * that fails cuts off what it wrote, and a torn end that a crash left is cut
 * off at the next start.  A file's name is synced before the first letter in
 * it counts.  After a failed sync a file is written to no more: the kernel may
 * have dropped what was to be written, and a second sync would not say so.
 *
 * Who reads letters to remove them turns to a new file first, and waits until
 * none of the letters before it can be taken back any more: then the files
 * before are his alone, places in them included.
 *
 * Letters that were kept can be taken back, for a request whose valid events
 * were then refused.  A crash between the two leaves letters of a request that
 * nobody was told anything about; its valid events are gone, as promised.
 *
 * The files together never exceed `max_bytes`.  Nobody makes room but people.
 *
 * Units	bytes.
 * Ownership	deadletter_open gives, deadletter_close takes.
 * Threads	any; the lock is inside, and held while the disk syncs.
 * Errors	"full" is a value; so is "failed", with a text.  Opening fails
 *		with ERR_BUSY when another process has the folder.
 */
#ifndef GATEWAY_DEADLETTER_STORE_H
#define GATEWAY_DEADLETTER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/err.h"
#include "parsers/span.h"

struct deadletter_options {
	char *directory; /* made if it is not there; NULL: no dead letters */
	uint64_t max_bytes;
	const char *admin; /* where we are asked about them; NULL: nowhere */
};

struct deadletter;

/* Where letters stand, to take them back; zero: nowhere. */
struct deadletter_place {
	uint64_t file, offset, len;
};

enum deadletter_answer {
	DEADLETTER_KEPT,
	DEADLETTER_FULL,
	DEADLETTER_FAILED, /* the disk's fault: nothing was kept */
};

bool deadletter_open(struct deadletter **out,
    const struct deadletter_options *options, struct err *err);
void deadletter_close(struct deadletter **letters);

/*
 * Whole lines, each with its line feed.  With a place they may be taken back,
 * until one of the two calls below ends that; NULL: they stay in any case.
 */
enum deadletter_answer deadletter_keep(struct deadletter *letters,
    struct span lines, struct deadletter_place *place_out, struct err *err);

/* False: the disk's fault, and the letters may stay. */
bool deadletter_take_back(struct deadletter *letters,
    const struct deadletter_place *place, struct err *err);

/* They stay. */
void deadletter_leave(
    struct deadletter *letters, const struct deadletter_place *place);

/*
 * What comes now goes to a new file; *last_out is the last one before it.
 * False: the youngest file cannot be left as it is, the disk's fault.
 */
bool deadletter_turn(
    struct deadletter *letters, uint64_t *last_out, struct err *err);

/* Is none of the letters before the last turn to be taken back any more? */
bool deadletter_turned(struct deadletter *letters);

/* Files were changed by somebody else: counts their bytes again. */
void deadletter_recount(struct deadletter *letters);

uint64_t deadletter_bytes(struct deadletter *letters);

#endif
