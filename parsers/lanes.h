/*
 * lanes - 64 bytes at once, asked questions whose answers are 64 bits.
 *
 * Bit i of an answer speaks of byte i.  This is the portable form, eight
 * bytes a word.  A file that has vectors defines LANES and these names itself
 * before it includes a header that uses them:
 *
 *	struct lanes	the bytes
 *	lanes_load	from any address
 *	lanes_fold	with bit 5 set in each: `[` becomes `{`, `E` becomes `e`
 *	lanes_equal	which are this byte?
 *	lanes_least	which are this byte or above, unsigned?
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
#include <string.h>

#define LANES_BYTES  64
#define LANES_INLINE static inline __attribute__((always_inline))

#ifndef LANES

#define LANES_WORDS      8
#define LANES_EACH(byte) (0x0101010101010101u * (uint64_t)(uint8_t)(byte))

struct lanes {
	uint64_t words[LANES_WORDS];
};

LANES_INLINE struct lanes
lanes_load(const char *at)
{
	struct lanes v;

	memcpy(v.words, at, sizeof v.words);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	for (int i = 0; i < LANES_WORDS; i++)
		v.words[i] = __builtin_bswap64(v.words[i]);
#endif
	return v;
}

LANES_INLINE struct lanes
lanes_fold(struct lanes v)
{
	for (int i = 0; i < LANES_WORDS; i++)
		v.words[i] |= LANES_EACH(0x20);
	return v;
}

/* The top bits of eight bytes, gathered: all other bits are 0. */
LANES_INLINE uint64_t
lanes_gather(uint64_t tops)
{
	return (tops >> 7) * 0x0102040810204080u >> 56;
}

LANES_INLINE uint64_t
lanes_equal(struct lanes v, char byte)
{
	const uint64_t low = LANES_EACH(0x7f);
	uint64_t mask = 0;

	for (int i = 0; i < LANES_WORDS; i++) {
		uint64_t x = v.words[i] ^ LANES_EACH(byte);
		uint64_t some = ((x & low) + low) | x; /* top bit: not 0 */

		mask |= lanes_gather(~some & ~low) << 8 * i;
	}
	return mask;
}

LANES_INLINE uint64_t
lanes_least(struct lanes v, uint8_t byte)
{
	const uint64_t low = LANES_EACH(0x7f), tops = ~low;
	uint64_t mask = 0;

	for (int i = 0; i < LANES_WORDS; i++) {
		uint64_t x = v.words[i];
		/* The low seven bits compared, with no borrow between bytes. */
		uint64_t least = ((x & low) | tops) - (LANES_EACH(byte) & low);

		mask |= lanes_gather(
			    (byte < 0x80 ? (least | x) : (least & x)) & tops)
			<< 8 * i;
	}
	return mask;
}

LANES_INLINE uint64_t
lanes_parity(uint64_t bits)
{
	for (int step = 1; step < 64; step *= 2)
		bits ^= bits << step;
	return bits;
}

#endif
#endif
