#include "parsers/sweep.h"

#if defined(__x86_64__)

#include <immintrin.h>

bool
sweep_avx512_runs(void)
{
	return __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("pclmul");
}

/* For the functions below alone: the rest runs on every processor. */
#if defined(__clang__)
#pragma clang attribute push(                                                  \
    __attribute__((target("avx2,avx512bw,bmi,bmi2,lzcnt,popcnt,pclmul"))),     \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,avx512bw,bmi,bmi2,lzcnt,popcnt,pclmul")
#endif

#define LANES "avx512"
#define LANES_PARITY
#define LANES_PART
#include "parsers/lanes.h"

struct lanes {
	__m512i all;
};

LANES_INLINE struct lanes
lanes_load(const char *at)
{
	return (struct lanes){ _mm512_loadu_si512(at) };
}

/* What the mask leaves out is not read. */
LANES_INLINE struct lanes
lanes_part(const char *at, size_t len)
{
	__mmask64 mask = ((uint64_t)1 << len) - 1;

	return (struct lanes){ _mm512_mask_loadu_epi8(
	    _mm512_set1_epi8(' '), mask, at) };
}

LANES_INLINE struct lanes
lanes_fold(struct lanes v)
{
	return (struct lanes){ _mm512_or_si512(v.all, _mm512_set1_epi8(0x20)) };
}

/*
 * A mask as a number.  Left to itself the compiler does arithmetic in the mask
 * registers, which are slow at it.
 */
LANES_INLINE uint64_t
gather(__mmask64 mask)
{
	uint64_t bits = mask;

	__asm__("" : "+r"(bits));
	return bits;
}

LANES_INLINE uint64_t
lanes_equal(struct lanes v, char byte)
{
	return gather(_mm512_cmpeq_epi8_mask(v.all, _mm512_set1_epi8(byte)));
}

LANES_INLINE uint64_t
lanes_either(struct lanes v, char one, char other)
{
	return lanes_equal(v, one) | lanes_equal(v, other);
}

LANES_INLINE uint64_t
lanes_least(struct lanes v, uint8_t byte)
{
	return gather(
	    _mm512_cmpge_epu8_mask(v.all, _mm512_set1_epi8((char)byte)));
}

LANES_INLINE uint64_t
lanes_letters(struct lanes v)
{
	return gather(_mm512_test_epi8_mask(v.all, _mm512_set1_epi8(0x40)));
}

LANES_INLINE uint64_t
lanes_digits(struct lanes v)
{
	return gather(_mm512_cmplt_epu8_mask(
	    _mm512_sub_epi8(v.all, _mm512_set1_epi8('0')),
	    _mm512_set1_epi8(10)));
}

/* Signed, a byte that is not ASCII is below all that are. */
LANES_INLINE uint64_t
lanes_special(struct lanes v)
{
	return gather(_mm512_cmplt_epi8_mask(v.all, _mm512_set1_epi8(' ')));
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
sweep_avx512(const char *line, size_t len, uint32_t max_depth)
{
	return sweep_line(line, len, max_depth);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
