#include "parsers/json/jsimd.h"

#if defined(__x86_64__)

#include <immintrin.h>

bool
jsimd_avx512_runs(void)
{
	return __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("pclmul");
}

/* Only for the functions below: the one above runs on every processor. */
#if defined(__clang__)
#pragma clang attribute push(                                                  \
    __attribute__((target("avx2,avx512bw,bmi,bmi2,lzcnt,popcnt,pclmul"))),     \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,avx512bw,bmi,bmi2,lzcnt,popcnt,pclmul")
#endif

#define SIMD "avx512"
#define SIMD_PARITY
#define SIMD_PART
#include "parsers/json/simd_block.h"

struct simd {
	__m512i all;
};

SIMD_INLINE struct simd
simd_load(const char *at)
{
	return (struct simd){ _mm512_loadu_si512(at) };
}

/* Bytes outside of the mask are not read. */
SIMD_INLINE struct simd
simd_part(const char *at, size_t len)
{
	__mmask64 mask = ((uint64_t)1 << len) - 1;

	return (struct simd){ _mm512_mask_loadu_epi8(
	    _mm512_set1_epi8(' '), mask, at) };
}

SIMD_INLINE struct simd
simd_fold(struct simd v)
{
	return (struct simd){ _mm512_or_si512(v.all, _mm512_set1_epi8(0x20)) };
}

/*
 * A mask as a number.  Without the asm the compiler does arithmetic in the mask
 * registers, which are slow.
 */
SIMD_INLINE uint64_t
simd_gather(__mmask64 mask)
{
	uint64_t bits = mask;

	__asm__("" : "+r"(bits));
	return bits;
}

SIMD_INLINE uint64_t
simd_equal(struct simd v, char byte)
{
	return simd_gather(
	    _mm512_cmpeq_epi8_mask(v.all, _mm512_set1_epi8(byte)));
}

SIMD_INLINE uint64_t
simd_either(struct simd v, char one, char other)
{
	return simd_equal(v, one) | simd_equal(v, other);
}

SIMD_INLINE uint64_t
simd_least(struct simd v, uint8_t byte)
{
	return simd_gather(
	    _mm512_cmpge_epu8_mask(v.all, _mm512_set1_epi8((char)byte)));
}

SIMD_INLINE uint64_t
simd_letters(struct simd v)
{
	return simd_gather(
	    _mm512_test_epi8_mask(v.all, _mm512_set1_epi8(0x40)));
}

SIMD_INLINE uint64_t
simd_digits(struct simd v)
{
	return simd_gather(_mm512_cmplt_epu8_mask(
	    _mm512_sub_epi8(v.all, _mm512_set1_epi8('0')),
	    _mm512_set1_epi8(10)));
}

/* As signed numbers, bytes that are not ASCII are below all others. */
SIMD_INLINE uint64_t
simd_special(struct simd v)
{
	return simd_gather(
	    _mm512_cmplt_epi8_mask(v.all, _mm512_set1_epi8(' ')));
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
jsimd_avx512(const char *line, size_t len, uint32_t max_depth)
{
	return jsimd_line(line, len, max_depth);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
