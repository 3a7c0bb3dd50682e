#include "parsers/sweep.h"

#if defined(__aarch64__)

#include <arm_neon.h>
#include <string.h>

#define LANES
#include "parsers/lanes.h"

#define QUARTERS 4

struct lanes {
	uint8x16_t quarters[QUARTERS];
};

LANES_INLINE struct lanes
lanes_load(const char *at)
{
	struct lanes v;

	for (int i = 0; i < QUARTERS; i++)
		v.quarters[i] = vld1q_u8((const uint8_t *)at + 16 * i);
	return v;
}

LANES_INLINE struct lanes
lanes_fold(struct lanes v)
{
	for (int i = 0; i < QUARTERS; i++)
		v.quarters[i] = vorrq_u8(v.quarters[i], vdupq_n_u8(0x20));
	return v;
}

/* Each byte is all ones or all zeros: keep one bit of each, add up pairs. */
LANES_INLINE uint64_t
gather(struct lanes v)
{
	static const uint8_t bits[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4,
		8, 16, 32, 64, 128 };
	const uint8x16_t one = vld1q_u8(bits);
	uint8x16_t low, high;

	low = vpaddq_u8(
	    vandq_u8(v.quarters[0], one), vandq_u8(v.quarters[1], one));
	high = vpaddq_u8(
	    vandq_u8(v.quarters[2], one), vandq_u8(v.quarters[3], one));
	low = vpaddq_u8(low, high);
	low = vpaddq_u8(low, low);
	return vgetq_lane_u64(vreinterpretq_u64_u8(low), 0);
}

LANES_INLINE uint64_t
lanes_equal(struct lanes v, char byte)
{
	for (int i = 0; i < QUARTERS; i++)
		v.quarters[i] =
		    vceqq_u8(v.quarters[i], vdupq_n_u8((uint8_t)byte));
	return gather(v);
}

LANES_INLINE uint64_t
lanes_least(struct lanes v, uint8_t byte)
{
	for (int i = 0; i < QUARTERS; i++)
		v.quarters[i] = vcgeq_u8(v.quarters[i], vdupq_n_u8(byte));
	return gather(v);
}

LANES_INLINE uint64_t
lanes_parity(uint64_t bits)
{
	for (int step = 1; step < LANES_BYTES; step *= 2)
		bits ^= bits << step;
	return bits;
}

#include "parsers/sweep_bits.h"

bool
sweep_neon(
    const char *line, size_t len, uint32_t max_depth, size_t *name_at_out)
{
	return sweep_line(line, len, max_depth, name_at_out);
}

#endif
