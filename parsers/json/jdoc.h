/*
 * jdoc - a small JSON document, read by the names of its top-level members.
 *
 * It reads what servers send: token responses, error bodies, claims.  Servers
 * are not trusted, so jvalid first checks the whole document (RFC 8259, UTF-8
 * included).  jsmn accepts more than JSON; it only finds the offsets
 * afterwards.  The document must be one object with nothing after it.  A name
 * that is asked for must not occur twice: two parsers may take different ones
 * of the two values, and an attacker can use that to avoid a check.
 *
 * Ownership	jdoc_open gives, jdoc_close frees.  The text is borrowed until
 *		then.  Strings are copied out, unescaped.
 * Errors	not JSON, not an object, too large: false, and a text that
 *		repeats nothing of the document.  The result for one name is a
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

/* The result for one name; outputs are set only with JDOC_FOUND. */
enum jdoc_answer {
	JDOC_FOUND,
	JDOC_ABSENT,
	JDOC_TWICE,
	JDOC_OTHER, /* of another type */
	JDOC_RANGE, /* of this type, but larger than the output */
};

bool jdoc_open(struct jdoc **out, struct span text, struct err *err);
void jdoc_close(struct jdoc **doc);

/*
 * Copies the string to `out` and adds a NUL, which *len_out does not count.  A
 * string may hold NULs itself: *len_out counts those.  After JDOC_RANGE the
 * contents of `out` are undefined.
 */
enum jdoc_answer jdoc_string(const struct jdoc *doc, const char *name,
    char *out, size_t room, size_t *len_out);

/* Only what is written as an integer: neither 3.0 nor 3e2 nor "3". */
enum jdoc_answer jdoc_integer(
    const struct jdoc *doc, const char *name, int64_t *out);

#endif
