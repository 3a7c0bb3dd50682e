/*
 * compaction - rewrites files of dead letters without some of the letters.
 *
 *	letters-N.ndjson.new	what stays is copied here and synced,
 *	letters-N.ndjson	then it is renamed, and the folder is synced
 *
 * A crash leaves the old file or the new one, complete.  Blank lines are always
 * left out.  What is not a letter stays byte for byte, because people may have
 * written it.  A file in which nothing stays is unlinked.
 *
 * While it runs, the disk holds what stays of one file twice.
 *
 * Ownership	the folder is borrowed.
 * Threads	nobody else may change these files meanwhile.
 * Errors	the disk's, or no memory: false and a text; the old file stays.
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
	uint64_t damaged; /* lines that are no letters; they stay */
};

/*
 * Removes the letters that match from all files up to `last`, and adds to the
 * counts.  *stop is read between two files.
 */
bool deadletter_compaction_purge(int folder,
    const struct deadletter_reader_filter *filter, uint64_t last,
    const atomic_bool *stop, struct deadletter_compaction *counts,
    struct err *err);

/* Rewrites the files of which blank lines are half or more. */
bool deadletter_compaction_tidy(int folder, uint64_t last, struct err *err);

#endif
