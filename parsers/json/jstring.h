/*
 * jstring - a JSON string literal: its escapes, its end, its decoded text.
 *
 * Everything that meets an escape calls jstring_escape, so that surrogates are
 * treated in one way only.  The other functions expect a valid literal.
 */
#ifndef PARSERS_JSON_JSTRING_H
#define PARSERS_JSON_JSTRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum jstring_escape {
	JSTRING_GOOD,
	JSTRING_BAD,  /* not an escape of JSON */
	JSTRING_CUT,  /* the text ends before the escape does */
	JSTRING_HALF, /* half of a surrogate pair */
};

/*
 * Reads the escape that begins with the backslash at `at`.  Both halves of a
 * surrogate pair are one escape.  The outputs are set only if it is good.
 */
enum jstring_escape jstring_escape(
    const char *at, const char *end, size_t *length_out, uint32_t *point_out);

/* `at` is the opening quote of a valid literal.  Gives its closing quote. */
const char *jstring_end(const char *at);

/*
 * Decodes the literal between its quotes to UTF-8.  False: longer than `room`,
 * and `out` is undefined.
 */
bool jstring_decode(
    const char *open, const char *close, char *out, size_t room, size_t *len);

/* Does the literal decode to exactly this text? */
bool jstring_equal(
    const char *open, const char *close, const char *text, size_t len);

#endif
