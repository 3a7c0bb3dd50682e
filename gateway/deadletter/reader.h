/*
 * reader - all dead letters of a folder, the oldest file first.
 *
 *	while ((kind = deadletter_reader_next(reader, &item)) !=
 *	    DEADLETTER_READER_END)
 *		...
 *
 * Needs no lock: a gateway may be using the folder; what it writes meanwhile is
 * seen or not.  Lines that are not letters are reported and skipped.  One line
 * is in memory at a time.
 *
 * Ownership	deadletter_reader_open allocates, deadletter_reader_close frees;
 *		an item is valid until the next call.
 * Errors	the folder cannot be read: false and a text.  A file that cannot
 *		be read is DEADLETTER_READER_DAMAGED, and the next one follows.
 */
#ifndef GATEWAY_DEADLETTER_READER_H
#define GATEWAY_DEADLETTER_READER_H

#include "gateway/deadletter/record.h"
#include "gateway/deadletter/file.h"
#include "parsers/err.h"

/* Which letters match. */
struct deadletter_reader_filter {
	struct span table, reason;   /* empty: any */
	int64_t since_ms, before_ms; /* written at or after, and before */
};

#define DEADLETTER_READER_ANY                                                  \
	((struct deadletter_reader_filter){                                    \
	    .since_ms = INT64_MIN, .before_ms = INT64_MAX })

bool deadletter_reader_matches(const struct deadletter_reader_filter *filter,
    const struct deadletter_record *letter);

enum deadletter_reader_kind {
	DEADLETTER_READER_LETTER,
	DEADLETTER_READER_DAMAGED,
	DEADLETTER_READER_END,
};

struct deadletter_reader_item {
	struct deadletter_record letter; /* of a LETTER */
	struct span line;                /* likewise, without its line feed */
	uint64_t file, offset, len;
	char why[160]; /* DAMAGED: which file, where, and what is wrong */
};

struct deadletter_reader;

bool deadletter_reader_open(
    struct deadletter_reader **out, const char *directory, struct err *err);
void deadletter_reader_close(struct deadletter_reader **reader);

/* Files that are not ours. */
size_t deadletter_reader_foreign(const struct deadletter_reader *reader);

/* No file with a larger number is read. */
void deadletter_reader_until(struct deadletter_reader *reader, uint64_t last);

enum deadletter_reader_kind deadletter_reader_next(
    struct deadletter_reader *reader, struct deadletter_reader_item *item);

#endif
