/*
 * lanes - 64 bytes at once, asked questions whose answers are 64 bits.
 *
 * Bit i of an answer speaks of byte i.  Here are the vectors that every
 * processor of the target has; LANES names them.  A file that knows better
 * ones defines LANES and the names below itself before it includes a header
 * that uses them.  Without vectors LANES stays undefined: eight bytes in a
 * word were tried, and are slower than a byte at a time.
 *
 *	struct lanes	the bytes
 *	lanes_load	from any address
 *	lanes_fold	with bit 5 set in each: `[` becomes `{`, `E` becomes `e`
 *	lanes_equal	which are this byte?
 *	lanes_either	which are one of these two?
 *	lanes_least	which are this byte or above, unsigned?
 *	lanes_digits	which are 0 to 9?
 *	lanes_letters	which have bit 6 set, as all letters?
 *	lanes_special	which are control characters or not ASCII?
 *	lanes_parity	bit i: the parity of the bits 0 to i
 *
 * Units	bytes and bits.
 * Ownership	plain values.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef PARSERS_LANES_H
#define PARSERS_LANES_H

#include <stdint.h>

#define LANES_BYTES  64
#define LANES_INLINE static inline __attribute__((always_inline))

#if defined(LANES)
/* given by who includes us */
#elif defined(__x86_64__)

#include <emmintrin.h>

#define LANES "sse2"

/* Four vectors by name: an array of them would live in memory. */
struct lanes {
	__m128i a, b, c, d;
};

LANES_INLINE struct lanes
lanes_load(const char *at)
{
	const __m128i *from = (const __m128i *)at;

	return (struct lanes){ _mm_loadu_si128(from), _mm_loadu_si128(from + 1),
		_mm_loadu_si128(from + 2), _mm_loadu_si128(from + 3) };
}

LANES_INLINE struct lanes
lanes_fold(struct lanes v)
{
	const __m128i bit = _mm_set1_epi8(0x20);

	return (struct lanes){ _mm_or_si128(v.a, bit), _mm_or_si128(v.b, bit),
		_mm_or_si128(v.c, bit), _mm_or_si128(v.d, bit) };
}

LANES_INLINE uint64_t
lanes_gather(__m128i a, __m128i b, __m128i c, __m128i d)
{
	uint32_t low = (uint32_t)_mm_movemask_epi8(a) |
		       (uint32_t)_mm_movemask_epi8(b) << 16;
	uint32_t high = (uint32_t)_mm_movemask_epi8(c) |
			(uint32_t)_mm_movemask_epi8(d) << 16;

	return low | (uint64_t)high << 32;
}

LANES_INLINE uint64_t
lanes_equal(struct lanes v, char byte)
{
	const __m128i all = _mm_set1_epi8(byte);

	return lanes_gather(_mm_cmpeq_epi8(v.a, all), _mm_cmpeq_epi8(v.b, all),
	    _mm_cmpeq_epi8(v.c, all), _mm_cmpeq_epi8(v.d, all));
}

LANES_INLINE __m128i
lanes_either_of(__m128i v, __m128i x, __m128i y)
{
	return _mm_or_si128(_mm_cmpeq_epi8(v, x), _mm_cmpeq_epi8(v, y));
}

LANES_INLINE uint64_t
lanes_either(struct lanes v, char one, char other)
{
	const __m128i x = _mm_set1_epi8(one), y = _mm_set1_epi8(other);

	return lanes_gather(lanes_either_of(v.a, x, y),
	    lanes_either_of(v.b, x, y), lanes_either_of(v.c, x, y),
	    lanes_either_of(v.d, x, y));
}

/* Signed, a byte that is not ASCII is below all that are. */
LANES_INLINE uint64_t
lanes_special(struct lanes v)
{
	const __m128i blank = _mm_set1_epi8(' ');

	return lanes_gather(_mm_cmplt_epi8(v.a, blank),
	    _mm_cmplt_epi8(v.b, blank), _mm_cmplt_epi8(v.c, blank),
	    _mm_cmplt_epi8(v.d, blank));
}

/* Moved so that the digits are the ten least signed bytes. */
LANES_INLINE __m128i
lanes_digits_of(__m128i v)
{
	return _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8(128 - '0')),
	    _mm_set1_epi8(-128 + 10));
}

LANES_INLINE uint64_t
lanes_digits(struct lanes v)
{
	return lanes_gather(lanes_digits_of(v.a), lanes_digits_of(v.b),
	    lanes_digits_of(v.c), lanes_digits_of(v.d));
}

/* A shift by one makes it the top bit, whatever else it mixes up. */
LANES_INLINE uint64_t
lanes_letters(struct lanes v)
{
	return lanes_gather(_mm_slli_epi16(v.a, 1), _mm_slli_epi16(v.b, 1),
	    _mm_slli_epi16(v.c, 1), _mm_slli_epi16(v.d, 1));
}

LANES_INLINE __m128i
lanes_not_below(__m128i v, __m128i all)
{
	return _mm_cmpeq_epi8(_mm_max_epu8(v, all), v);
}

LANES_INLINE uint64_t
lanes_least(struct lanes v, uint8_t byte)
{
	const __m128i all = _mm_set1_epi8((char)byte);

	return lanes_gather(lanes_not_below(v.a, all),
	    lanes_not_below(v.b, all), lanes_not_below(v.c, all),
	    lanes_not_below(v.d, all));
}

#elif defined(__aarch64__)

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

#if !defined(LANES_PARITY)
LANES_INLINE uint64_t
lanes_parity(uint64_t bits)
{
	for (int step = 1; step < LANES_BYTES; step *= 2)
		bits ^= bits << step;
	return bits;
}
#endif

#endif
