/*
 * lanes_neon - lanes that every 64-bit ARM processor has.  See lanes.h.
 *
 * Units	bytes and bits.
 * Ownership	plain values.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef PARSERS_LANES_NEON_H
#define PARSERS_LANES_NEON_H

#include "parsers/lanes.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#define LANES "neon"

struct lanes {
	uint8x16_t a, b, c, d;
};

LANES_INLINE struct lanes
lanes_load(const char *at)
{
	const uint8_t *from = (const uint8_t *)at;

	return (struct lanes){ vld1q_u8(from), vld1q_u8(from + 16),
		vld1q_u8(from + 32), vld1q_u8(from + 48) };
}

LANES_INLINE struct lanes
lanes_fold(struct lanes v)
{
	const uint8x16_t bit = vdupq_n_u8(0x20);

	return (struct lanes){ vorrq_u8(v.a, bit), vorrq_u8(v.b, bit),
		vorrq_u8(v.c, bit), vorrq_u8(v.d, bit) };
}

/* Each byte is all ones or all zeros: keep one bit of each, add neighbours. */
LANES_INLINE uint64_t
lanes_gather(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
	const uint8x16_t bit =
	    vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201u));
	uint8x16_t low = vpaddq_u8(vandq_u8(a, bit), vandq_u8(b, bit));
	uint8x16_t high = vpaddq_u8(vandq_u8(c, bit), vandq_u8(d, bit));
	uint8x16_t all = vpaddq_u8(low, high);

	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

LANES_INLINE uint64_t
lanes_equal(struct lanes v, char byte)
{
	const uint8x16_t all = vdupq_n_u8((uint8_t)byte);

	return lanes_gather(vceqq_u8(v.a, all), vceqq_u8(v.b, all),
	    vceqq_u8(v.c, all), vceqq_u8(v.d, all));
}

LANES_INLINE uint64_t
lanes_least(struct lanes v, uint8_t byte)
{
	const uint8x16_t all = vdupq_n_u8(byte);

	return lanes_gather(vcgeq_u8(v.a, all), vcgeq_u8(v.b, all),
	    vcgeq_u8(v.c, all), vcgeq_u8(v.d, all));
}

LANES_INLINE uint64_t
lanes_either(struct lanes v, char one, char other)
{
	return lanes_equal(v, one) | lanes_equal(v, other);
}

LANES_INLINE uint64_t
lanes_letters(struct lanes v)
{
	const uint8x16_t bit = vdupq_n_u8(0x40);

	return lanes_gather(vtstq_u8(v.a, bit), vtstq_u8(v.b, bit),
	    vtstq_u8(v.c, bit), vtstq_u8(v.d, bit));
}

LANES_INLINE uint64_t
lanes_digits(struct lanes v)
{
	return lanes_least(v, '0') & ~lanes_least(v, '9' + 1);
}

LANES_INLINE uint64_t
lanes_special(struct lanes v)
{
	return ~lanes_least(v, ' ') | lanes_least(v, 0x80);
}

#endif
#endif
