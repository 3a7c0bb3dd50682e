/*
 * letterbox - all dead letters of a folder, oldest file first, for a reader.
 *
 *	while ((kind = letterbox_next(box, &item)) != LETTERBOX_END)
 *		...
 *
 * Needs no lock: a gateway may be using the folder; what it writes meanwhile
 * may be seen or not.  What is no letter is told and passed over.  In memory
 * there is a line at a time.
 *
 * Units	bytes; milliseconds since 1970.
 * Ownership	letterbox_open gives, letterbox_close takes; an item lives until
 *		the next call.
 * Threads	none inside.
 * Errors	the folder cannot be read: false and a text.  A file that
 *		cannot be: LETTERBOX_DAMAGED, and the next file follows.
 */
#ifndef GATEWAY_SPOOL_LETTERBOX_H
#define GATEWAY_SPOOL_LETTERBOX_H

#include "gateway/spool/letter.h"
#include "gateway/spool/letterfile.h"
#include "parsers/err.h"

/* Which letters are meant. */
struct letterbox_filter {
	struct span table, reason;   /* empty: any */
	int64_t since_ms, before_ms; /* written at or after, and before */
};

#define LETTERBOX_ANY                                                          \
	((struct letterbox_filter){                                            \
	    .since_ms = INT64_MIN, .before_ms = INT64_MAX })

bool letterbox_means(
    const struct letterbox_filter *filter, const struct letter *letter);

enum letterbox_kind {
	LETTERBOX_LETTER,
	LETTERBOX_DAMAGED,
	LETTERBOX_END,
};

struct letterbox_item {
	struct letter letter; /* of a letter */
	struct span line;     /* likewise, without its line feed */
	uint64_t file, offset, len;
	char why[160]; /* of damage: the file, the place, and what is wrong */
};

struct letterbox;

bool letterbox_open(
    struct letterbox **out, const char *directory, struct err *err);
void letterbox_close(struct letterbox **box);

/* Files that are not ours. */
size_t letterbox_foreign(const struct letterbox *box);

/* No file with a larger number is read. */
void letterbox_until(struct letterbox *box, uint64_t last);

enum letterbox_kind letterbox_next(
    struct letterbox *box, struct letterbox_item *item);

#endif
