/*
 * fields - an order's JSON object, read into a struct by a table.
 *
 * A name that no row has is an error: a fault that was misspelt would
 * otherwise be a test that passes for the wrong reason.
 *
 * Ownership	texts are given (malloc); what the struct held is freed.
 * Threads	none inside.
 * Errors	ERR_INPUT in words that may stand in a JSON string.  The struct
 *		may be filled in part: free it.
 */
#ifndef SIM_FIELDS_H
#define SIM_FIELDS_H

#include <stdint.h>

#include "parsers/err.h"
#include "parsers/span.h"

enum field_kind {
	FIELD_NUMBER,  /* int64_t, least..most */
	FIELD_FLAG,    /* int: 1 or 0; so that "not given" can be -1 */
	FIELD_TEXT,    /* char *: a string */
	FIELD_WORD,    /* int: index into words, which end with NULL */
	FIELD_HEADERS, /* char *: {"A":"b"} becomes "A: b\r\n" */
	FIELD_NAMES,   /* char *: ["a","b"] becomes "a,b" */
};

struct field {
	const char *name;
	enum field_kind kind;
	size_t at;
	int64_t least, most;
	const char *const *words;
};

bool fields_read(struct span text, const struct field *fields, size_t count,
    void *into, struct err *err);

#endif
