/* simd_neon - vectors that every 64-bit ARM processor has; see simd_block.h. */
#ifndef PARSERS_JSON_SIMD_NEON_H
#define PARSERS_JSON_SIMD_NEON_H

#include "parsers/json/simd_block.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#define SIMD "neon"

struct simd {
	uint8x16_t a, b, c, d;
};

SIMD_INLINE struct simd
simd_load(const char *at)
{
	const uint8_t *from = (const uint8_t *)at;

	return (struct simd){ vld1q_u8(from), vld1q_u8(from + 16),
		vld1q_u8(from + 32), vld1q_u8(from + 48) };
}

SIMD_INLINE struct simd
simd_fold(struct simd v)
{
	const uint8x16_t bit = vdupq_n_u8(0x20);

	return (struct simd){ vorrq_u8(v.a, bit), vorrq_u8(v.b, bit),
		vorrq_u8(v.c, bit), vorrq_u8(v.d, bit) };
}

/* Each byte is all ones or all zeros: keep one bit of each, add pairwise. */
SIMD_INLINE uint64_t
simd_gather(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
	const uint8x16_t bit =
	    vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201u));
	uint8x16_t low = vpaddq_u8(vandq_u8(a, bit), vandq_u8(b, bit));
	uint8x16_t high = vpaddq_u8(vandq_u8(c, bit), vandq_u8(d, bit));
	uint8x16_t all = vpaddq_u8(low, high);

	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

SIMD_INLINE uint64_t
simd_equal(struct simd v, char byte)
{
	const uint8x16_t all = vdupq_n_u8((uint8_t)byte);

	return simd_gather(vceqq_u8(v.a, all), vceqq_u8(v.b, all),
	    vceqq_u8(v.c, all), vceqq_u8(v.d, all));
}

SIMD_INLINE uint64_t
simd_least(struct simd v, uint8_t byte)
{
	const uint8x16_t all = vdupq_n_u8(byte);

	return simd_gather(vcgeq_u8(v.a, all), vcgeq_u8(v.b, all),
	    vcgeq_u8(v.c, all), vcgeq_u8(v.d, all));
}

SIMD_INLINE uint64_t
simd_either(struct simd v, char one, char other)
{
	return simd_equal(v, one) | simd_equal(v, other);
}

SIMD_INLINE uint64_t
simd_letters(struct simd v)
{
	const uint8x16_t bit = vdupq_n_u8(0x40);

	return simd_gather(vtstq_u8(v.a, bit), vtstq_u8(v.b, bit),
	    vtstq_u8(v.c, bit), vtstq_u8(v.d, bit));
}

SIMD_INLINE uint64_t
simd_digits(struct simd v)
{
	return simd_least(v, '0') & ~simd_least(v, '9' + 1);
}

SIMD_INLINE uint64_t
simd_special(struct simd v)
{
	return ~simd_least(v, ' ') | simd_least(v, 0x80);
}

#endif
#endif
