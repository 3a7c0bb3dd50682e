/*
 * jsimd_text - a block's strings: where they are, and whether they are good.
 *
 * Nothing else has a meaning inside of a string, so this comes first: quotes
 * and backslashes, control characters, escapes, and UTF-8.
 *
 * Units	bytes and bits.
 * Ownership	borrows the line for the call.
 * Threads	none inside.
 * Errors	named at each function.
 */
#ifndef PARSERS_JSON_JSIMD_TEXT_H
#define PARSERS_JSON_JSIMD_TEXT_H

#include "parsers/json/jsimd_bits.h"

#if defined(SIMD)

#define JSIMD_ODD 0xaaaaaaaaaaaaaaaau

/*
 * Which bytes are escaped?  In a run of backslashes every second one, and the
 * byte behind it if the run is odd.  A subtraction runs through each run: it
 * leaves the odd positions as they are where the run begins at an even one,
 * and turns them over where it begins at an odd one.
 */
SIMD_INLINE uint64_t
jsimd_escaped(uint64_t backslash, uint64_t *carry)
{
	uint64_t entered = *carry;
	uint64_t run = backslash & ~entered; /* escaped, it escapes nothing */
	uint64_t turned = ((run << 1 | JSIMD_ODD) - run) ^ JSIMD_ODD;

	*carry = (turned & backslash) >> 63;
	return turned ^ (backslash | entered);
}

/*
 * `at` is the u of an escape.  *due is where the second half of a surrogate
 * pair must be, once its first half was seen.
 */
static inline bool
jsimd_unicode(const char *at, const char *end, const char **due)
{
	int unit;
	bool low;

	if (end - at < 5 || (unit = jsimd_hex(at + 1)) < 0)
		return false;
	low = unit >= 0xdc00 && unit <= 0xdfff;
	if (low != (at == *due))
		return false;
	if (unit < 0xd800 || low || unit > 0xdfff)
		return true;
	*due = at + 6;
	return end - at >= 11 && at[5] == '\\' && at[6] == 'u';
}

/* Of these \u each is good and so are pairs; the last `due` is kept. */
static inline bool
jsimd_unicodes(
    const char *block, const char *end, uint64_t units, const char **due)
{
	for (; units != 0; units &= units - 1)
		if (!jsimd_unicode(block + __builtin_ctzll(units), end, due))
			return false;
	return true;
}

/* Escapes other than those of quotes and backslashes: only these are known. */
SIMD_INLINE bool
jsimd_escapes(struct jsimd_bits *s, struct simd v, uint64_t escaped)
{
	escaped &= ~(simd_either(v, 'n', 'r') | simd_either(v, 't', '/') |
		     simd_either(v, 'b', 'f'));
	if (escaped == 0)
		return true;
	return (escaped & ~simd_equal(v, 'u')) == 0 &&
	       jsimd_unicodes(s->at, s->end, escaped, &s->low_due);
}

/*
 * UTF-8, RFC 3629: each lead byte wants its number of continuation bytes and
 * no others may be there; and four lead bytes restrict the byte behind them.
 */
SIMD_INLINE bool
jsimd_utf8(struct jsimd_carry *c, struct simd v)
{
	uint64_t tail = simd_least(v, 0x80) & ~simd_least(v, 0xc0);
	uint64_t lead2 = simd_least(v, 0xc0), lead3 = simd_least(v, 0xe0);
	uint64_t lead4 = simd_least(v, 0xf0);
	uint64_t bad = (lead2 & ~simd_least(v, 0xc2)) | simd_least(v, 0xf5);
	uint64_t due, low_half = ~simd_least(v, 0xa0);
	uint64_t low_quarter = ~simd_least(v, 0x90);

	due = lead2 << 1 | lead3 << 2 | lead4 << 3;
	due |= c->tails;
	c->tails = lead2 >> 63 | lead3 >> 62 | lead4 >> 61;
	bad |= due ^ tail;
	bad |=
	    jsimd_behind(simd_equal(v, (char)0xe0), &c->special[0]) & low_half;
	bad |=
	    jsimd_behind(simd_equal(v, (char)0xed), &c->special[1]) & ~low_half;
	bad |= jsimd_behind(simd_equal(v, (char)0xf0), &c->special[2]) &
	       low_quarter;
	bad |= jsimd_behind(simd_equal(v, (char)0xf4), &c->special[3]) &
	       ~low_quarter;
	return bad == 0;
}

/* Control characters and all that is not ASCII: seldom there. */
SIMD_INLINE bool
jsimd_specials(struct jsimd_bits *s, struct jsimd_block *b, uint64_t special)
{
	uint64_t high = simd_least(b->bytes, 0x80);

	b->blank |= simd_equal(b->bytes, '\t') | simd_equal(b->bytes, '\r');
	if ((high | s->carry.tails) != 0 && !jsimd_utf8(&s->carry, b->bytes))
		return false;
	return (special & ~high & b->inside) == 0;
}

/* Strings first: nothing else has a meaning inside of them. */
SIMD_INLINE bool
jsimd_strings(struct jsimd_bits *s, struct jsimd_block *b)
{
	struct jsimd_carry *c = &s->carry;
	uint64_t special = simd_special(b->bytes), quote, escaped;

	b->backslash = simd_equal(b->bytes, '\\');
	quote = simd_equal(b->bytes, '"');
	b->escaped = jsimd_escaped(b->backslash, &c->escaped);
	b->quote = quote & ~b->escaped;
	b->inside = simd_parity(b->quote) ^ c->inside;
	c->inside = -(b->inside >> 63);
	b->blank = simd_equal(b->bytes, ' ');
	if ((special | c->tails) != 0 && !jsimd_specials(s, b, special))
		return false;
	escaped = b->escaped & b->inside & ~(quote | b->backslash);
	return escaped == 0 || jsimd_escapes(s, b->bytes, escaped);
}

#endif
#endif
