/*
 * jsimd_number - a block's numbers, and its words true, false and null.
 *
 * Numbers are checked all at once, words one by one.
 *
 * Units	bytes and bits.
 * Ownership	borrows the line for the call.
 * Threads	none inside.
 * Errors	named at each function.
 */
#ifndef PARSERS_JSON_JSIMD_NUMBER_H
#define PARSERS_JSON_JSIMD_NUMBER_H

#include "parsers/json/jsimd_bits.h"

#if defined(SIMD)

static inline uint32_t
jsimd_four(const char *at)
{
	uint32_t four;

	memcpy(&four, at, sizeof four);
	return four;
}

/* `at` begins a word that is no number. */
static inline bool
jsimd_word(const char *at, const char *end)
{
	static const bool ends[256] = { [' '] = 1,
		['\t'] = 1,
		['\r'] = 1,
		[','] = 1,
		[']'] = 1,
		['}'] = 1 };
	size_t length = *at == 'f' ? 5 : 4;
	uint32_t want = *at == 't'   ? jsimd_four("true")
			: *at == 'f' ? jsimd_four("fals")
				     : jsimd_four("null");

	if ((size_t)(end - at) <= length)
		return false;
	return jsimd_four(at) == want && ends[(uint8_t)at[length]] &&
	       (length == 4 || at[4] == 'e');
}

static inline bool
jsimd_words(const char *block, const char *end, uint64_t words)
{
	for (; words != 0; words &= words - 1)
		if (!jsimd_word(block + __builtin_ctzll(words), end))
			return false;
	return true;
}

/*
 * An exponent stands behind a digit, and behind it comes a sign or a digit;
 * behind its digits nothing of a number.  Seldom needed.
 */
SIMD_INLINE uint64_t
jsimd_exponents(struct jsimd_carry *c, const struct jsimd_block *b,
    uint64_t number, uint64_t digit, uint64_t behind_digit, uint64_t minus)
{
	uint64_t exponent = simd_equal(b->folded, 'e') & number;
	uint64_t plus = simd_equal(b->bytes, '+') & number;
	uint64_t dot = simd_equal(b->bytes, '.') & number;
	uint64_t behind = jsimd_behind(exponent, &c->exponent);
	uint64_t behind_sign =
	    jsimd_behind((minus | plus) & behind, &c->exponent_sign);
	uint64_t starts = (behind | behind_sign) & digit, bad;

	bad = number & ~(digit | dot | minus | exponent | plus);
	bad |= exponent & ~behind_digit;
	bad |= behind & ~(digit | minus | plus);
	bad |= behind_sign & ~digit;
	bad |= (plus & ~behind) | (minus & ~(behind | b->first));
	bad |= jsimd_add(starts + c->in_exponent, digit, &c->in_exponent) &
	       ~digit & number;
	return bad;
}

/*
 * Number = [ "-" ] int [ "." digits ] [ "e" [ sign ] digits ].  What stands
 * beside what is checked first, then that no dot follows a fraction.
 */
SIMD_INLINE uint64_t
jsimd_numbers(
    struct jsimd_carry *c, const struct jsimd_block *b, uint64_t number)
{
	uint64_t digit = simd_digits(b->bytes) & number;
	uint64_t dot = simd_equal(b->bytes, '.') & number;
	uint64_t minus = simd_equal(b->bytes, '-') & number;
	uint64_t other = number & ~(digit | dot | minus);
	uint64_t behind_digit = jsimd_behind(digit, &c->digit);
	uint64_t behind_dot = jsimd_behind(dot, &c->dot);
	uint64_t negative = jsimd_behind(minus & b->first, &c->negative), bad;
	uint64_t zero =
	    ((b->first & number) | negative) & simd_equal(b->bytes, '0');

	bad = dot & ~behind_digit;
	bad |= (behind_dot | negative) & ~digit;
	bad |= dot &
	       jsimd_add(behind_dot + c->in_fraction, digit, &c->in_fraction);
	bad |= jsimd_behind(zero, &c->zero) & digit;
	if ((other | c->exponent | c->exponent_sign | c->in_exponent) != 0)
		return bad | jsimd_exponents(
				 c, b, number, digit, behind_digit, minus);
	return bad | (minus & ~b->first);
}

/* What begins with a byte of 64 or more is no number: a word, if anything. */
SIMD_INLINE bool
jsimd_scalars(struct jsimd_bits *s, struct jsimd_block *b)
{
	uint64_t words = b->first & simd_letters(b->bytes);
	uint64_t number;

	/* An addition clears the runs that are words. */
	number = b->scalar & jsimd_add(words + s->carry.in_word, b->scalar,
				 &s->carry.in_word);
	if ((number | s->carry.scalar) != 0 &&
	    jsimd_numbers(&s->carry, b, number) != 0)
		return false;
	s->scalar_blocks = b->scalar == ~(uint64_t)0 ? s->scalar_blocks + 1 : 0;
	return s->scalar_blocks < JSIMD_GAPLESS &&
	       jsimd_words(s->at, s->end, words);
}

#endif
#endif
