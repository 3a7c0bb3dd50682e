/*
 * jsimd_bits - a line as bits: the masks of a block, and what leaves it.
 *
 * A block of 64 bytes becomes some masks of 64 bits: where the quotes are, the
 * commas, the digits.  JSON's grammar is almost all about what may follow
 * what, and that is arithmetic on masks, the same few operations whatever the
 * block holds:
 *
 *	behind	x << 1		   the positions behind those in x
 *	next	(x + run) & ~run   for each x that begins a run: what follows it
 *
 * An addition carries a bit through a run of ones, so it skips blanks, digits
 * or the inside of a string.  What leaves a block at its end enters the next
 * one at bit 0; all such bits are in struct jsimd_carry.
 *
 * Only brackets (the stack), escapes, words and candidates for `__time` are
 * visited one by one.
 *
 * Units	bytes and bits.
 * Ownership	borrows the line for the call.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef PARSERS_JSON_JSIMD_BITS_H
#define PARSERS_JSON_JSIMD_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "parsers/json/simd_block.h"
#include "parsers/json/jsimd.h"

#if defined(SIMD)

#define JSIMD_DEPTH   64 /* the stack is the bits of one word */
#define JSIMD_GAPLESS 14 /* a number of 1,001 bytes fills so many blocks */

int jsimd_hex(const char *at); /* four digits, or -1 */

/* Is it `__time` behind escapes?  `at` is the opening quote of a name. */
bool jsimd_spelled_time(const char *at, const char *end);

/* Bits 0 or 1 that enter the next block, and masks that are all 0 or all 1. */
struct jsimd_carry {
	uint64_t escaped; /* the first byte is escaped */
	uint64_t inside;  /* mask: it is inside of a string */
	uint64_t scalar;  /* the byte before belongs to a word or number */
	uint64_t name_due, value_due, colon_due;
	uint64_t object;  /* mask: it is directly in an object */
	uint64_t in_name; /* the string we are in is a name */
	uint64_t tails;   /* UTF-8: continuation bytes are due */
	uint64_t special[4];
	/* words and numbers */
	uint64_t in_word, digit, dot, negative, zero, in_fraction;
	uint64_t exponent, exponent_sign, in_exponent;
};

struct jsimd_bits {
	const char *line, *end;
	const char *at; /* the line's byte that is bit 0 */
	struct jsimd_carry carry;
	uint64_t stack; /* bit 0: is the innermost container an object? */
	int32_t depth, max_depth; /* 0: the outermost container was closed, */
	uint32_t scalar_blocks;   /* that lie behind us without a gap */
	const char *last;         /* here */
	const char *low_due;      /* where half a pair must be; or `line` */
	const char *name;         /* the one `__time`; `end`: one of several */
	struct {
		const char *at;
		uint64_t tokens, stack;
		int32_t depth;
		const char *name;
	} mark; /* the last good block that had tokens */
};

/* What a block is made of.  Outside of strings, but for the first four. */
struct jsimd_block {
	struct simd bytes, folded;
	uint64_t backslash, escaped, inside, quote;
	uint64_t bracket, open, close, comma, colon, blank;
	uint64_t scalar, first; /* words and numbers, and where they begin */
	uint64_t object;        /* positions directly in an object */
	int32_t depth;          /* at the block's beginning */
};

/* (x + run), with the bit that leaves it. */
SIMD_INLINE uint64_t
jsimd_add(uint64_t x, uint64_t run, uint64_t *overflow)
{
	unsigned long long sum;

	*overflow = __builtin_uaddll_overflow(x, run, &sum);
	return sum;
}

/* The positions behind those in x, and the one that entered. */
SIMD_INLINE uint64_t
jsimd_behind(uint64_t x, uint64_t *carry)
{
	uint64_t behind = (x << 1) + *carry;

	*carry = x >> 63;
	return behind;
}

/* The first positions behind those in x that are no blank. */
SIMD_INLINE uint64_t
jsimd_next(uint64_t x, uint64_t blank, uint64_t *carry)
{
	uint64_t overflow;
	uint64_t next = jsimd_add((x << 1) + *carry, blank, &overflow);

	*carry = (x >> 63) + overflow;
	return next & ~blank;
}

/* Everything outside of strings, by kind. */
SIMD_INLINE void
jsimd_tokens(struct jsimd_bits *s, struct jsimd_block *b)
{
	uint64_t outside = ~b->inside;

	b->folded = simd_fold(b->bytes);
	b->bracket = simd_either(b->folded, '{', '}') & outside;
	b->comma = simd_equal(b->bytes, ',') & outside;
	b->colon = simd_equal(b->bytes, ':') & outside;
	b->blank &= outside;
	b->scalar =
	    outside & ~(b->quote | b->bracket | b->comma | b->colon | b->blank);
	b->first = b->scalar & ~((b->scalar << 1) + s->carry.scalar);
}

#endif
#endif
