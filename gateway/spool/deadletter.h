/*
 * deadletter - files of events that could not go their way, for people.
 *
 *	DIR/letters-0000000000000001.ndjson	a line a letter: see letter.h
 *	DIR/letters-0000000000000002.ndjson	the youngest is written to
 *	DIR/lock				who has the folder
 *
 * All letters of one call stand together, synced, or none of them does: a call
 * that fails cuts off what it wrote, and a torn end that a crash left is cut
 * off at the next start.  A file's name is synced before the first letter in
 * it counts.  After a failed sync a file is written to no more: the kernel may
 * have dropped what was to be written, and a second sync would not say so.
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
#ifndef GATEWAY_SPOOL_DEADLETTER_H
#define GATEWAY_SPOOL_DEADLETTER_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/err.h"
#include "parsers/text.h"

struct deadletter_options {
	char *directory; /* made if it is not there; NULL: no dead letters */
	uint64_t max_bytes;
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

/* Whole lines, each with its line feed. */
enum deadletter_answer deadletter_keep(struct deadletter *letters,
    struct span lines, struct deadletter_place *place_out, struct err *err);

/* False: the disk's fault, and the letters may stay. */
bool deadletter_take_back(struct deadletter *letters,
    const struct deadletter_place *place, struct err *err);

uint64_t deadletter_bytes(struct deadletter *letters);

#endif
