/*
 * utf8 - the length of a well-formed UTF-8 sequence, and the way back from a
 * code point.
 *
 * Well-formed is RFC 3629: no overlong form, no surrogate, nothing above
 * U+10FFFF.
 */
#ifndef PARSERS_UTF8_H
#define PARSERS_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX 4 /* bytes of one sequence */

/* `at` < `end`.  Gives 1 to 4; 0: not well-formed, or cut off by `end`. */
size_t utf8_length(const char *at, const char *end);

/* `point` must not be a surrogate.  Gives the number of bytes. */
size_t utf8_encode(uint32_t point, char out[UTF8_MAX]);

#endif
