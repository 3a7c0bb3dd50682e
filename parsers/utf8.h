/*
 * utf8 - how long is the well-formed sequence that begins here?
 *
 * Well-formed is RFC 3629: no overlong form, no surrogate, nothing above
 * U+10FFFF.
 *
 * Units	bytes.
 * Ownership	borrows the text for the call.
 * Threads	none inside.
 * Errors	not well-formed, or cut short: 0.
 */
#ifndef PARSERS_UTF8_H
#define PARSERS_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX 4 /* bytes of one sequence */

/* `at` < `end`.  Gives 1 to 4, or 0. */
size_t utf8_length(const char *at, const char *end);

/* Writes a code point that is no surrogate; gives the number of bytes. */
size_t utf8_encode(uint32_t point, char out[UTF8_MAX]);

#endif
