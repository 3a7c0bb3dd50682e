/*
 * jstring - a JSON string literal: its escapes, its end, what it stands for.
 *
 * Reading an escape is shared by everything that meets one, so that there is
 * one opinion about surrogates.  The other functions expect a literal that was
 * found valid before.
 *
 * Units	bytes; code points.
 * Ownership	borrows the text for the call.
 * Threads	none inside.
 * Errors	named at each function.
 */
#ifndef PARSERS_JSON_JSTRING_H
#define PARSERS_JSON_JSTRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum jstring_escape {
	JSTRING_GOOD,
	JSTRING_BAD,  /* no escape of JSON */
	JSTRING_CUT,  /* the text ends before the escape does */
	JSTRING_HALF, /* half of a surrogate pair */
};

/*
 * Reads the escape at `at`, where a backslash stands: both halves of a pair
 * are one escape.  Length and code point are set only when it is good.
 */
enum jstring_escape jstring_escape(
    const char *at, const char *end, size_t *length_out, uint32_t *point_out);

/* `at` is the opening quote of a valid literal.  Gives its closing quote. */
const char *jstring_end(const char *at);

/*
 * What the literal from its opening to its closing quote stands for, as UTF-8.
 * False if that is longer than `room`; then `out` holds anything.
 */
bool jstring_decode(
    const char *open, const char *close, char *out, size_t room, size_t *len);

/* Does it stand for exactly this text? */
bool jstring_equal(
    const char *open, const char *close, const char *text, size_t len);

#endif
