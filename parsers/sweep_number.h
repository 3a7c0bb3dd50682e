/*
 * sweep_number - a block's numbers, and its words true, false and null.
 *
 * Numbers are checked all at once, words one by one.
 *
 * Units	bytes and bits.
 * Ownership	borrows the line for the call.
 * Threads	none inside.
 * Errors	named at each function.
 */
#ifndef PARSERS_SWEEP_NUMBER_H
#define PARSERS_SWEEP_NUMBER_H

#include "parsers/sweep_bits.h"

#if defined(LANES)

static inline uint32_t
sweep_four(const char *at)
{
	uint32_t four;

	memcpy(&four, at, sizeof four);
	return four;
}

/* `at` begins a word that is no number. */
static inline bool
sweep_word(const char *at, const char *end)
{
	static const bool ends[256] = { [' '] = 1,
		['\t'] = 1,
		['\r'] = 1,
		[','] = 1,
		[']'] = 1,
		['}'] = 1 };
	size_t length = *at == 'f' ? 5 : 4;
	uint32_t want = *at == 't'   ? sweep_four("true")
			: *at == 'f' ? sweep_four("fals")
				     : sweep_four("null");

	if ((size_t)(end - at) <= length)
		return false;
	return sweep_four(at) == want && ends[(uint8_t)at[length]] &&
	       (length == 4 || at[4] == 'e');
}

static inline bool
sweep_words(const char *block, const char *end, uint64_t words)
{
	for (; words != 0; words &= words - 1)
		if (!sweep_word(block + __builtin_ctzll(words), end))
			return false;
	return true;
}

/*
 * An exponent stands behind a digit, and behind it comes a sign or a digit;
 * behind its digits nothing of a number.  Seldom needed.
 */
LANES_INLINE uint64_t
sweep_exponents(struct sweep_carry *c, const struct sweep_block *b,
    uint64_t number, uint64_t digit, uint64_t behind_digit, uint64_t minus)
{
	uint64_t exponent = lanes_equal(b->folded, 'e') & number;
	uint64_t plus = lanes_equal(b->bytes, '+') & number;
	uint64_t dot = lanes_equal(b->bytes, '.') & number;
	uint64_t behind = sweep_behind(exponent, &c->exponent);
	uint64_t behind_sign =
	    sweep_behind((minus | plus) & behind, &c->exponent_sign);
	uint64_t starts = (behind | behind_sign) & digit, bad;

	bad = number & ~(digit | dot | minus | exponent | plus);
	bad |= exponent & ~behind_digit;
	bad |= behind & ~(digit | minus | plus);
	bad |= behind_sign & ~digit;
	bad |= (plus & ~behind) | (minus & ~(behind | b->first));
	bad |= sweep_add(starts + c->in_exponent, digit, &c->in_exponent) &
	       ~digit & number;
	return bad;
}

/*
 * Number = [ "-" ] int [ "." digits ] [ "e" [ sign ] digits ].  What stands
 * beside what is checked first, then that no dot follows a fraction.
 */
LANES_INLINE uint64_t
sweep_numbers(
    struct sweep_carry *c, const struct sweep_block *b, uint64_t number)
{
	uint64_t digit = lanes_digits(b->bytes) & number;
	uint64_t dot = lanes_equal(b->bytes, '.') & number;
	uint64_t minus = lanes_equal(b->bytes, '-') & number;
	uint64_t other = number & ~(digit | dot | minus);
	uint64_t behind_digit = sweep_behind(digit, &c->digit);
	uint64_t behind_dot = sweep_behind(dot, &c->dot);
	uint64_t negative = sweep_behind(minus & b->first, &c->negative), bad;
	uint64_t zero =
	    ((b->first & number) | negative) & lanes_equal(b->bytes, '0');

	bad = dot & ~behind_digit;
	bad |= (behind_dot | negative) & ~digit;
	bad |= dot &
	       sweep_add(behind_dot + c->in_fraction, digit, &c->in_fraction);
	bad |= sweep_behind(zero, &c->zero) & digit;
	if ((other | c->exponent | c->exponent_sign | c->in_exponent) != 0)
		return bad | sweep_exponents(
				 c, b, number, digit, behind_digit, minus);
	return bad | (minus & ~b->first);
}

/* What begins with a byte of 64 or more is no number: a word, if anything. */
LANES_INLINE bool
sweep_scalars(struct sweep_bits *s, struct sweep_block *b)
{
	uint64_t words = b->first & lanes_letters(b->bytes);
	uint64_t number;

	/* An addition clears the runs that are words. */
	number = b->scalar & sweep_add(words + s->carry.in_word, b->scalar,
				 &s->carry.in_word);
	if ((number | s->carry.scalar) != 0 &&
	    sweep_numbers(&s->carry, b, number) != 0)
		return false;
	s->scalar_blocks = b->scalar == ~(uint64_t)0 ? s->scalar_blocks + 1 : 0;
	return s->scalar_blocks < SWEEP_GAPLESS &&
	       sweep_words(s->at, s->end, words);
}

#endif
#endif
