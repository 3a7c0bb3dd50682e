/*
 * simd_block - 64 bytes as one vector, and the operations that turn it into
 * masks of 64 bits.
 *
 * Bit i of a mask is about byte i.  This header has what all instruction sets
 * share.  A kernel file includes simd_sse2.h or simd_neon.h, or defines SIMD
 * (the name of the instruction set) and the functions listed here, before it
 * includes jsimd_kernel.h.  Without vectors SIMD stays undefined: eight bytes
 * in a word were tried, and are slower than one byte at a time.
 *
 *	struct simd	the bytes
 *	simd_load	from any address
 *	simd_part	so many bytes, then blanks; only if SIMD_PART is defined
 *	simd_fold	with bit 5 set in each: `[` becomes `{`, `E` becomes `e`
 *	simd_equal	which are this byte?
 *	simd_either	which are one of these two?
 *	simd_least	which are this byte or above, unsigned?
 *	simd_digits	which are 0 to 9?
 *	simd_letters	which have bit 6 set, as all letters?
 *	simd_special	which are control characters or not ASCII?
 *	simd_parity	bit i: the parity of the bits 0 to i
 */
#ifndef PARSERS_JSON_SIMD_BLOCK_H
#define PARSERS_JSON_SIMD_BLOCK_H

#include <stdint.h>

#define SIMD_BYTES  64
#define SIMD_INLINE static inline __attribute__((always_inline))

/* For instruction sets without a faster one: those define SIMD_PARITY. */
#if !defined(SIMD_PARITY)
SIMD_INLINE uint64_t
simd_parity(uint64_t bits)
{
	for (int step = 1; step < SIMD_BYTES; step *= 2)
		bits ^= bits << step;
	return bits;
}
#endif

#endif
