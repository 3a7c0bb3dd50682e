/*
 * jgrammar - is this text one JSON value, by the letter of RFC 8259?
 *
 * One pass without recursion: where a value may stand is a small state, what
 * is open stands on a stack of bits.  Strings must be valid UTF-8 and escape
 * surrogates in pairs; behind the value only blanks may follow, and a NUL is
 * a byte like any other that may not stand there.
 *
 * Units	bytes.
 * Ownership	borrows the text for the call.
 * Threads	none inside.
 * Errors	false and a text, with the offset of the first wrong byte.
 */
#ifndef PARSERS_JGRAMMAR_H
#define PARSERS_JGRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"
#include "parsers/text.h"

#define JGRAMMAR_DEPTH_MAX 64

/* Counts values and names in *values_out. */
bool jgrammar_check(
    struct span text, unsigned depth_max, size_t *values_out, struct err *err);

#endif
