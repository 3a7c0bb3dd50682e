#include "parsers/sweep.h"

#if defined(__x86_64__)

#include <immintrin.h>

bool
sweep_avx2_runs(void)
{
	return __builtin_cpu_supports("avx2") &&
	       __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("pclmul");
}

/* For the functions below alone: the rest runs on every processor. */
#if defined(__clang__)
#pragma clang attribute push(                                                  \
    __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul"))),              \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul")
#endif

#define LANES "avx2"
#define LANES_PARITY
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
	return (struct lanes){
		_mm256_loadu_si256((const __m256i *)at),
		_mm256_loadu_si256((const __m256i *)(at + 32)),
	};
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
lanes_either(struct lanes v, char one, char other)
{
	const __m256i x = _mm256_set1_epi8(one), y = _mm256_set1_epi8(other);

	return gather(_mm256_or_si256(_mm256_cmpeq_epi8(v.low, x),
			  _mm256_cmpeq_epi8(v.low, y)),
	    _mm256_or_si256(
		_mm256_cmpeq_epi8(v.high, x), _mm256_cmpeq_epi8(v.high, y)));
}

/* Signed, a byte that is not ASCII is below all that are. */
LANES_INLINE uint64_t
lanes_special(struct lanes v)
{
	const __m256i blank = _mm256_set1_epi8(' ');

	return gather(
	    _mm256_cmpgt_epi8(blank, v.low), _mm256_cmpgt_epi8(blank, v.high));
}

/* Moved so that the digits are the ten least signed bytes. */
LANES_INLINE uint64_t
lanes_digits(struct lanes v)
{
	const __m256i move = _mm256_set1_epi8(128 - '0');
	const __m256i ten = _mm256_set1_epi8(-128 + 10);

	return gather(_mm256_cmpgt_epi8(ten, _mm256_add_epi8(v.low, move)),
	    _mm256_cmpgt_epi8(ten, _mm256_add_epi8(v.high, move)));
}

/* A shift by one makes it the top bit, whatever else it mixes up. */
LANES_INLINE uint64_t
lanes_letters(struct lanes v)
{
	return gather(
	    _mm256_slli_epi16(v.low, 1), _mm256_slli_epi16(v.high, 1));
}

LANES_INLINE uint64_t
lanes_least(struct lanes v, uint8_t byte)
{
	const __m256i all = _mm256_set1_epi8((char)byte);

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

#include "parsers/sweep_line.h"

struct sweep_facts
sweep_avx2(const char *line, size_t len, uint32_t max_depth)
{
	return sweep_line(line, len, max_depth);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
