#include "parsers/sweep.h"

#if defined(__x86_64__)

#include <emmintrin.h>
#include <string.h>

#define LANES
#include "parsers/lanes.h"

#define QUARTERS 4

struct lanes {
	__m128i quarters[QUARTERS];
};

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
	for (int i = 0; i < QUARTERS; i++)
		v.quarters[i] =
		    _mm_or_si128(v.quarters[i], _mm_set1_epi8(0x20));
	return v;
}

LANES_INLINE uint64_t
gather(struct lanes v)
{
	uint64_t mask = 0;

	for (int i = 0; i < QUARTERS; i++)
		mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(v.quarters[i])
			<< 16 * i;
	return mask;
}

LANES_INLINE uint64_t
lanes_equal(struct lanes v, char byte)
{
	for (int i = 0; i < QUARTERS; i++)
		v.quarters[i] =
		    _mm_cmpeq_epi8(v.quarters[i], _mm_set1_epi8(byte));
	return gather(v);
}

LANES_INLINE uint64_t
lanes_least(struct lanes v, uint8_t byte)
{
	const __m128i all = _mm_set1_epi8((char)byte);

	for (int i = 0; i < QUARTERS && byte != 0x80; i++)
		v.quarters[i] = _mm_cmpeq_epi8(
		    _mm_max_epu8(v.quarters[i], all), v.quarters[i]);
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
sweep_sse2(
    const char *line, size_t len, uint32_t max_depth, size_t *name_at_out)
{
	return sweep_line(line, len, max_depth, name_at_out);
}

#endif
