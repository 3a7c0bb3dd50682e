/*
 * compaction - a file of dead letters, written anew without some of them.
 *
 *	letters-N.ndjson.new	what stays is copied, synced,
 *	letters-N.ndjson	and takes the old one's name; then the folder
 *
 * A crash leaves the old file or the new one, whole.  Blanked lines go in any
 * case; what is no letter stays byte for byte, for people may have written it.
 * A file of which nothing stays is removed.
 *
 * While it runs there is more on the disk by what stays of one file.
 *
 * Units	bytes, letters; milliseconds since 1970.
 * Ownership	borrows the folder.
 * Threads	none inside; nobody else may change these files meanwhile.
 * Errors	the disk's, or no memory: false and a text, the old file is
 *		there.
 */
#ifndef GATEWAY_DEADLETTER_COMPACTION_H
#define GATEWAY_DEADLETTER_COMPACTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/deadletter/reader.h"
#include "parsers/err.h"

struct deadletter_compaction {
	uint64_t removed, removed_bytes; /* letters */
	uint64_t left;                   /* letters that stay */
	uint64_t damaged;                /* lines that are none, and stay */
};

/*
 * Takes the letters that are meant out of all files up to `last`, and adds to
 * the counts.  *stop is looked at between two files.
 */
bool deadletter_compaction_purge(int folder,
    const struct deadletter_reader_filter *meant, uint64_t last,
    const atomic_bool *stop, struct deadletter_compaction *counts,
    struct err *err);

/* Gives back the room of blanked lines, where that is half a file or more. */
bool deadletter_compaction_tidy(int folder, uint64_t last, struct err *err);

#endif
