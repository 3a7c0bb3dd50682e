/* simd_sse2 - the vectors that every x86-64 processor has; see simd_block.h. */
#ifndef PARSERS_JSON_SIMD_SSE2_H
#define PARSERS_JSON_SIMD_SSE2_H

#include "parsers/json/simd_block.h"

#if defined(__x86_64__)

#include <emmintrin.h>

#define SIMD "sse2"

/* Four members, not an array: an array would be kept in memory. */
struct simd {
	__m128i a, b, c, d;
};

SIMD_INLINE struct simd
simd_load(const char *at)
{
	const __m128i *from = (const __m128i *)at;

	return (struct simd){ _mm_loadu_si128(from), _mm_loadu_si128(from + 1),
		_mm_loadu_si128(from + 2), _mm_loadu_si128(from + 3) };
}

SIMD_INLINE struct simd
simd_fold(struct simd v)
{
	const __m128i bit = _mm_set1_epi8(0x20);

	return (struct simd){ _mm_or_si128(v.a, bit), _mm_or_si128(v.b, bit),
		_mm_or_si128(v.c, bit), _mm_or_si128(v.d, bit) };
}

SIMD_INLINE uint64_t
simd_gather(__m128i a, __m128i b, __m128i c, __m128i d)
{
	uint32_t low = (uint32_t)_mm_movemask_epi8(a) |
		       (uint32_t)_mm_movemask_epi8(b) << 16;
	uint32_t high = (uint32_t)_mm_movemask_epi8(c) |
			(uint32_t)_mm_movemask_epi8(d) << 16;

	return low | (uint64_t)high << 32;
}

SIMD_INLINE uint64_t
simd_equal(struct simd v, char byte)
{
	const __m128i all = _mm_set1_epi8(byte);

	return simd_gather(_mm_cmpeq_epi8(v.a, all), _mm_cmpeq_epi8(v.b, all),
	    _mm_cmpeq_epi8(v.c, all), _mm_cmpeq_epi8(v.d, all));
}

SIMD_INLINE __m128i
simd_either_of(__m128i v, __m128i x, __m128i y)
{
	return _mm_or_si128(_mm_cmpeq_epi8(v, x), _mm_cmpeq_epi8(v, y));
}

SIMD_INLINE uint64_t
simd_either(struct simd v, char one, char other)
{
	const __m128i x = _mm_set1_epi8(one), y = _mm_set1_epi8(other);

	return simd_gather(simd_either_of(v.a, x, y), simd_either_of(v.b, x, y),
	    simd_either_of(v.c, x, y), simd_either_of(v.d, x, y));
}

/* As signed numbers, bytes that are not ASCII are below all others. */
SIMD_INLINE uint64_t
simd_special(struct simd v)
{
	const __m128i blank = _mm_set1_epi8(' ');

	return simd_gather(_mm_cmplt_epi8(v.a, blank),
	    _mm_cmplt_epi8(v.b, blank), _mm_cmplt_epi8(v.c, blank),
	    _mm_cmplt_epi8(v.d, blank));
}

/* Shifted so that the digits are the ten lowest signed bytes. */
SIMD_INLINE __m128i
simd_digits_of(__m128i v)
{
	return _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8(128 - '0')),
	    _mm_set1_epi8(-128 + 10));
}

SIMD_INLINE uint64_t
simd_digits(struct simd v)
{
	return simd_gather(simd_digits_of(v.a), simd_digits_of(v.b),
	    simd_digits_of(v.c), simd_digits_of(v.d));
}

/* A shift by one makes bit 6 the top bit; the other bits do not matter. */
SIMD_INLINE uint64_t
simd_letters(struct simd v)
{
	return simd_gather(_mm_slli_epi16(v.a, 1), _mm_slli_epi16(v.b, 1),
	    _mm_slli_epi16(v.c, 1), _mm_slli_epi16(v.d, 1));
}

SIMD_INLINE __m128i
simd_not_below(__m128i v, __m128i all)
{
	return _mm_cmpeq_epi8(_mm_max_epu8(v, all), v);
}

SIMD_INLINE uint64_t
simd_least(struct simd v, uint8_t byte)
{
	const __m128i all = _mm_set1_epi8((char)byte);

	return simd_gather(simd_not_below(v.a, all), simd_not_below(v.b, all),
	    simd_not_below(v.c, all), simd_not_below(v.d, all));
}

#endif
#endif
