/*
 * simd_block - 64 bytes at once, asked questions whose answers are 64 bits.
 *
 * Bit i of an answer speaks of byte i.  This is what all kinds of them have in
 * common.  Who wants a kind includes lanes_KIND.h, or defines SIMD, its name,
 * and what is listed here, before a header that uses them.  Without vectors
 * SIMD stays undefined: eight bytes in a word were tried, and are slower than
 * a byte at a time.
 *
 *	struct simd	the bytes
 *	simd_load	from any address
 *	lanes_part	so many bytes, and blanks; only where LANES_PART says
 *	simd_fold	with bit 5 set in each: `[` becomes `{`, `E` becomes `e`
 *	simd_equal	which are this byte?
 *	simd_either	which are one of these two?
 *	simd_least	which are this byte or above, unsigned?
 *	simd_digits	which are 0 to 9?
 *	simd_letters	which have bit 6 set, as all letters?
 *	simd_special	which are control characters or not ASCII?
 *	simd_parity	bit i: the parity of the bits 0 to i
 *
 * Units	bytes and bits.
 * Ownership	plain values.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef PARSERS_JSON_SIMD_BLOCK_H
#define PARSERS_JSON_SIMD_BLOCK_H

#include <stdint.h>

#define SIMD_BYTES  64
#define SIMD_INLINE static inline __attribute__((always_inline))

/* For who has no better one, and does not say LANES_PARITY. */
#if !defined(LANES_PARITY)
SIMD_INLINE uint64_t
simd_parity(uint64_t bits)
{
	for (int step = 1; step < SIMD_BYTES; step *= 2)
		bits ^= bits << step;
	return bits;
}
#endif

#endif
