/*
 * exact - the fuzzer's bytes at a place of their exact size.
 *
 * The address sanitizer sees a read one byte behind that; behind the fuzzer's
 * own buffer it may not.
 *
 * Ownership	gives; the caller frees.
 * Errors	out of memory ends the program.
 */
#ifndef TESTS_FUZZ_EXACT_H
#define TESTS_FUZZ_EXACT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static inline char *
exact_bytes(const void *bytes, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, len);
	return copy;
}

/* As a C string: up to the first NUL. */
static inline char *
exact_text(const uint8_t *bytes, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

/* Is a span, unless it is empty, a part of these bytes? */
static inline bool
exact_holds(const char *bytes, size_t len, struct span part)
{
	return part.len == 0 ||
	       (part.at >= bytes && part.len <= len &&
		   part.at - bytes <= (ptrdiff_t)(len - part.len));
}

#endif
