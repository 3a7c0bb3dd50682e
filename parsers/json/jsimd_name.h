/*
 * jsimd_name - a block's names: is one of them the outermost `__time`?
 *
 * Nothing of a name is looked at but its first bytes; only one that goes on
 * like `__time` is compared, and only of that we ask how deep it is.
 *
 * Units	bytes and bits.
 * Ownership	borrows the line for the call.
 * Threads	none inside.
 * Errors	named at each function.
 */
#ifndef PARSERS_JSON_JSIMD_NAME_H
#define PARSERS_JSON_JSIMD_NAME_H

#include "parsers/json/jsimd_bits.h"

#if defined(SIMD)

#define JSIMD_NAME     "\"__time\"" /* eight bytes: one comparison */
#define JSIMD_NAME_LEN 8

/* How deep is the byte at bit i? */
static inline int32_t
jsimd_depth(const struct jsimd_block *b, int i)
{
	uint64_t before = ((uint64_t)1 << i) - 1;

	if (b->bracket == 0)
		return b->depth;
	return b->depth + __builtin_popcountll(b->open & before) -
	       __builtin_popcountll(b->close & before);
}

/* Is it `__time`, in any spelling? */
static inline bool
jsimd_is_time(const char *at, const char *end)
{
	return end - at >= JSIMD_NAME_LEN &&
	       (memcmp(at, JSIMD_NAME, JSIMD_NAME_LEN) == 0 ||
		   jsimd_spelled_time(at, end));
}

/*
 * Which of these names could be `__time`?  Those that go on with _ or an
 * escape.  False if there is a second one.
 */
SIMD_INLINE bool
jsimd_names(struct jsimd_bits *s, const struct jsimd_block *b, uint64_t names)
{
	uint64_t maybe = (simd_equal(b->bytes, '_') | b->backslash) >> 1;

	names &= maybe | (uint64_t)1 << 63; /* its next byte is elsewhere */
	for (; names != 0; names &= names - 1) {
		int i = __builtin_ctzll(names);

		if (!jsimd_is_time(s->at + i, s->end) || jsimd_depth(b, i) != 1)
			continue;
		if (s->name != NULL)
			return false;
		s->name = s->at + i;
	}
	return true;
}

#endif
#endif
