/*
 * lanes_sse2 - lanes that every x86-64 processor has.  See lanes.h.
 *
 * Units	bytes and bits.
 * Ownership	plain values.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef PARSERS_LANES_SSE2_H
#define PARSERS_LANES_SSE2_H

#include "parsers/lanes.h"

#if defined(__x86_64__)

#include <emmintrin.h>

#define LANES "sse2"

/* Four vectors by name: an array of them would live in memory. */
struct lanes {
	__m128i a, b, c, d;
};

LANES_INLINE struct lanes
lanes_load(const char *at)
{
	const __m128i *from = (const __m128i *)at;

	return (struct lanes){ _mm_loadu_si128(from), _mm_loadu_si128(from + 1),
		_mm_loadu_si128(from + 2), _mm_loadu_si128(from + 3) };
}

LANES_INLINE struct lanes
lanes_fold(struct lanes v)
{
	const __m128i bit = _mm_set1_epi8(0x20);

	return (struct lanes){ _mm_or_si128(v.a, bit), _mm_or_si128(v.b, bit),
		_mm_or_si128(v.c, bit), _mm_or_si128(v.d, bit) };
}

LANES_INLINE uint64_t
lanes_gather(__m128i a, __m128i b, __m128i c, __m128i d)
{
	uint32_t low = (uint32_t)_mm_movemask_epi8(a) |
		       (uint32_t)_mm_movemask_epi8(b) << 16;
	uint32_t high = (uint32_t)_mm_movemask_epi8(c) |
			(uint32_t)_mm_movemask_epi8(d) << 16;

	return low | (uint64_t)high << 32;
}

LANES_INLINE uint64_t
lanes_equal(struct lanes v, char byte)
{
	const __m128i all = _mm_set1_epi8(byte);

	return lanes_gather(_mm_cmpeq_epi8(v.a, all), _mm_cmpeq_epi8(v.b, all),
	    _mm_cmpeq_epi8(v.c, all), _mm_cmpeq_epi8(v.d, all));
}

LANES_INLINE __m128i
lanes_either_of(__m128i v, __m128i x, __m128i y)
{
	return _mm_or_si128(_mm_cmpeq_epi8(v, x), _mm_cmpeq_epi8(v, y));
}

LANES_INLINE uint64_t
lanes_either(struct lanes v, char one, char other)
{
	const __m128i x = _mm_set1_epi8(one), y = _mm_set1_epi8(other);

	return lanes_gather(lanes_either_of(v.a, x, y),
	    lanes_either_of(v.b, x, y), lanes_either_of(v.c, x, y),
	    lanes_either_of(v.d, x, y));
}

/* Signed, a byte that is not ASCII is below all that are. */
LANES_INLINE uint64_t
lanes_special(struct lanes v)
{
	const __m128i blank = _mm_set1_epi8(' ');

	return lanes_gather(_mm_cmplt_epi8(v.a, blank),
	    _mm_cmplt_epi8(v.b, blank), _mm_cmplt_epi8(v.c, blank),
	    _mm_cmplt_epi8(v.d, blank));
}

/* Moved so that the digits are the ten least signed bytes. */
LANES_INLINE __m128i
lanes_digits_of(__m128i v)
{
	return _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8(128 - '0')),
	    _mm_set1_epi8(-128 + 10));
}

LANES_INLINE uint64_t
lanes_digits(struct lanes v)
{
	return lanes_gather(lanes_digits_of(v.a), lanes_digits_of(v.b),
	    lanes_digits_of(v.c), lanes_digits_of(v.d));
}

/* A shift by one makes it the top bit, whatever else it mixes up. */
LANES_INLINE uint64_t
lanes_letters(struct lanes v)
{
	return lanes_gather(_mm_slli_epi16(v.a, 1), _mm_slli_epi16(v.b, 1),
	    _mm_slli_epi16(v.c, 1), _mm_slli_epi16(v.d, 1));
}

LANES_INLINE __m128i
lanes_not_below(__m128i v, __m128i all)
{
	return _mm_cmpeq_epi8(_mm_max_epu8(v, all), v);
}

LANES_INLINE uint64_t
lanes_least(struct lanes v, uint8_t byte)
{
	const __m128i all = _mm_set1_epi8((char)byte);

	return lanes_gather(lanes_not_below(v.a, all),
	    lanes_not_below(v.b, all), lanes_not_below(v.c, all),
	    lanes_not_below(v.d, all));
}

#endif
#endif
