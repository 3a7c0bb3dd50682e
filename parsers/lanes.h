/*
 * lanes - 64 bytes at once, asked questions whose answers are 64 bits.
 *
 * Bit i of an answer speaks of byte i.  This is what all kinds of them have in
 * common.  Who wants a kind includes lanes_KIND.h, or defines LANES, its name,
 * and what is listed here, before a header that uses them.  Without vectors
 * LANES stays undefined: eight bytes in a word were tried, and are slower than
 * a byte at a time.
 *
 *	struct lanes	the bytes
 *	lanes_load	from any address
 *	lanes_part	so many bytes, and blanks; only where LANES_PART says
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

/* For who has no better one, and does not say LANES_PARITY. */
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
