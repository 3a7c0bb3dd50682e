#include "parsers/json/jsimd.h"

#if defined(__x86_64__)

#include <immintrin.h>

bool
jsimd_avx2_runs(void)
{
	return __builtin_cpu_supports("avx2") &&
	       __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("pclmul");
}

/* Only for the functions below: the one above runs on every processor. */
#if defined(__clang__)
#pragma clang attribute push(                                                  \
    __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul"))),              \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul")
#endif

#define SIMD "avx2"
#define SIMD_PARITY
#include "parsers/json/simd_block.h"

struct simd {
	__m256i low, high;
};

SIMD_INLINE uint64_t
simd_gather(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) |
	       (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

SIMD_INLINE struct simd
simd_load(const char *at)
{
	return (struct simd){
		_mm256_loadu_si256((const __m256i *)at),
		_mm256_loadu_si256((const __m256i *)(at + 32)),
	};
}

SIMD_INLINE struct simd
simd_fold(struct simd v)
{
	const __m256i bit = _mm256_set1_epi8(0x20);

	return (struct simd){ _mm256_or_si256(v.low, bit),
		_mm256_or_si256(v.high, bit) };
}

SIMD_INLINE uint64_t
simd_equal(struct simd v, char byte)
{
	const __m256i all = _mm256_set1_epi8(byte);

	return simd_gather(
	    _mm256_cmpeq_epi8(v.low, all), _mm256_cmpeq_epi8(v.high, all));
}

SIMD_INLINE uint64_t
simd_either(struct simd v, char one, char other)
{
	const __m256i x = _mm256_set1_epi8(one), y = _mm256_set1_epi8(other);

	return simd_gather(_mm256_or_si256(_mm256_cmpeq_epi8(v.low, x),
			       _mm256_cmpeq_epi8(v.low, y)),
	    _mm256_or_si256(
		_mm256_cmpeq_epi8(v.high, x), _mm256_cmpeq_epi8(v.high, y)));
}

/* As signed numbers, bytes that are not ASCII are below all others. */
SIMD_INLINE uint64_t
simd_special(struct simd v)
{
	const __m256i blank = _mm256_set1_epi8(' ');

	return simd_gather(
	    _mm256_cmpgt_epi8(blank, v.low), _mm256_cmpgt_epi8(blank, v.high));
}

/* Shifted so that the digits are the ten lowest signed bytes. */
SIMD_INLINE uint64_t
simd_digits(struct simd v)
{
	const __m256i move = _mm256_set1_epi8(128 - '0');
	const __m256i ten = _mm256_set1_epi8(-128 + 10);

	return simd_gather(_mm256_cmpgt_epi8(ten, _mm256_add_epi8(v.low, move)),
	    _mm256_cmpgt_epi8(ten, _mm256_add_epi8(v.high, move)));
}

/* A shift by one makes bit 6 the top bit; the other bits do not matter. */
SIMD_INLINE uint64_t
simd_letters(struct simd v)
{
	return simd_gather(
	    _mm256_slli_epi16(v.low, 1), _mm256_slli_epi16(v.high, 1));
}

SIMD_INLINE uint64_t
simd_least(struct simd v, uint8_t byte)
{
	const __m256i all = _mm256_set1_epi8((char)byte);

	return simd_gather(
	    _mm256_cmpeq_epi8(_mm256_max_epu8(v.low, all), v.low),
	    _mm256_cmpeq_epi8(_mm256_max_epu8(v.high, all), v.high));
}

/* Carry-less multiplication by all ones adds up every lower bit. */
SIMD_INLINE uint64_t
simd_parity(uint64_t bits)
{
	return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(
	    _mm_cvtsi64_si128((long long)bits), _mm_set1_epi8(-1), 0));
}

#include "parsers/json/jsimd_kernel.h"

struct jsimd_facts
jsimd_avx2(const char *line, size_t len, uint32_t max_depth)
{
	return jsimd_line(line, len, max_depth);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
