/*
 * jdoc - a small JSON document of which a few named members are wanted.
 *
 * For what a server says about itself: token answers, error bodies, claims.
 * The other side is not trusted, so the grammar (RFC 8259, UTF-8 included) is
 * checked here to the letter; jsmn, which accepts a good deal more than JSON,
 * only finds the offsets afterwards.  The document must be one object with
 * nothing behind it.  A name that is asked for is one of that object's own, and
 * may stand there only once: two parsers that disagree about duplicates are how
 * a check is walked around.
 *
 * Units	bytes.
 * Ownership	jdoc_open gives, jdoc_close takes.  The text is borrowed until
 *		then.  Strings are copied out, unescaped.
 * Threads	none inside.
 * Errors	not JSON, not an object, too large: false and a text that
 *		quotes nothing of the document.  What became of one name is a
 *		value.
 */
#ifndef PARSERS_JSON_JDOC_H
#define PARSERS_JSON_JDOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/err.h"
#include "parsers/span.h"

#define JDOC_BYTES_MAX  65536
#define JDOC_VALUES_MAX 2048 /* names count, too */
#define JDOC_DEPTH_MAX  32

struct jdoc;

/* How a look for one name ended; outputs are set only with JDOC_FOUND. */
enum jdoc_answer {
	JDOC_FOUND,
	JDOC_ABSENT,
	JDOC_TWICE,
	JDOC_OTHER, /* there, but of another type */
	JDOC_RANGE, /* of the type, but larger than the output */
};

bool jdoc_open(struct jdoc **out, struct span text, struct err *err);
void jdoc_close(struct jdoc **doc);

/*
 * Copies the string to `out` and ends it with a NUL that *len_out does not
 * count.  A string may hold NULs of its own: they are in *len_out.  After
 * JDOC_RANGE the room holds anything.
 */
enum jdoc_answer jdoc_string(const struct jdoc *doc, const char *name,
    char *out, size_t room, size_t *len_out);

/* Only what is written as an integer: neither 3.0 nor 3e2 nor "3". */
enum jdoc_answer jdoc_integer(
    const struct jdoc *doc, const char *name, int64_t *out);

#endif
