#include "parsers/sweep.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

/* For the functions below alone: the rest runs on every processor. */
#if defined(__clang__)
#pragma clang attribute push(                                                  \
    __attribute__((target("avx2,bmi,pclmul"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,pclmul")
#endif

#define LANES
#include "parsers/lanes.h"

struct lanes {
	__m256i low, high;
};

LANES_INLINE uint64_t
gather(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) |
	       (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

LANES_INLINE struct lanes
lanes_load(const char *at)
{
	struct lanes v;

	memcpy(&v, at, sizeof v);
	return v;
}

LANES_INLINE struct lanes
lanes_fold(struct lanes v)
{
	const __m256i bit = _mm256_set1_epi8(0x20);

	return (struct lanes){ _mm256_or_si256(v.low, bit),
		_mm256_or_si256(v.high, bit) };
}

LANES_INLINE uint64_t
lanes_equal(struct lanes v, char byte)
{
	const __m256i all = _mm256_set1_epi8(byte);

	return gather(
	    _mm256_cmpeq_epi8(v.low, all), _mm256_cmpeq_epi8(v.high, all));
}

LANES_INLINE uint64_t
lanes_least(struct lanes v, uint8_t byte)
{
	const __m256i all = _mm256_set1_epi8((char)byte);

	if (byte == 0x80)
		return gather(v.low, v.high);
	return gather(_mm256_cmpeq_epi8(_mm256_max_epu8(v.low, all), v.low),
	    _mm256_cmpeq_epi8(_mm256_max_epu8(v.high, all), v.high));
}

/* Carry-less multiplication by all ones adds up every lower bit. */
LANES_INLINE uint64_t
lanes_parity(uint64_t bits)
{
	return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(
	    _mm_cvtsi64_si128((long long)bits), _mm_set1_epi8(-1), 0));
}

#include "parsers/sweep_bits.h"

bool
sweep_avx2(
    const char *line, size_t len, uint32_t max_depth, size_t *name_at_out)
{
	return sweep_line(line, len, max_depth, name_at_out);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
