/*
 * jsimd_kernel - checks a line 64 bytes at a time, by arithmetic on bit masks.
 *
 * A block of 64 bytes becomes some masks of 64 bits: where the quotes are, the
 * commas, the digits.  JSON's grammar says mostly which token may follow
 * which.  On masks this is the same few operations for every block:
 *
 *	after	x << 1		   the positions after those in x
 *	next	(x + run) & ~run   for each x that begins a run: what follows it
 *
 * An addition carries a bit through a run of ones, so it skips blanks, digits
 * or the inside of a string.  What leaves a block at its end enters the next
 * one at bit 0; all such bits are in struct jsimd_carry.
 *
 * Only brackets (the stack), escapes, words and candidates for `__time` are
 * visited one by one.
 *
 * Each file that has vectors (jsimd_base.c, jsimd_avx2.c, jsimd_avx512.c)
 * defines them as simd_block.h says and then includes this header once: the
 * functions are compiled for the instruction set of that file.  The sections:
 * classify, strings, numbers, structure, names, mark, line.
 */
#ifndef PARSERS_JSON_JSIMD_KERNEL_H
#define PARSERS_JSON_JSIMD_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "parsers/json/jsimd.h"
#include "parsers/json/simd_block.h"

#if defined(SIMD)

/* classify: what each byte of a block is. */

#define JSIMD_DEPTH      64 /* the stack is the bits of one word */
#define JSIMD_BLOCKS_MAX 14 /* full blocks of a number of 1,001 bytes */

/* In jsimd_base.c.  The value of four hexadecimal digits, or -1. */
int jsimd_hex(const char *at);

/* In jsimd_base.c.  Is the name after the quote `at` an escaped `__time`? */
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
	int32_t depth, max_depth; /* depth 0: the outermost object is closed */
	uint32_t scalar_blocks;   /* consecutive blocks of nothing else */
	const char *last;         /* the last bracket */
	const char *low_due;      /* the u of a due low surrogate; or `line` */
	const char *name;         /* the first `__time`; or NULL */
	struct {
		const char *at;
		uint64_t tokens, stack;
		int32_t depth;
		const char *name;
	} mark; /* the last good block that had tokens */
};

/* The masks of a block.  All but the first four are outside of strings. */
struct jsimd_block {
	struct simd bytes, folded;
	uint64_t backslash, escaped, inside, quote;
	uint64_t bracket, open, close, comma, colon, blank;
	uint64_t scalar, first; /* words and numbers, and where they begin */
	uint64_t object;        /* positions directly in an object */
	int32_t depth;          /* at the block's beginning */
};

/* (x + run); the carry out of bit 63 goes to *overflow. */
SIMD_INLINE uint64_t
jsimd_add(uint64_t x, uint64_t run, uint64_t *overflow)
{
	unsigned long long sum;

	*overflow = __builtin_uaddll_overflow(x, run, &sum);
	return sum;
}

/* The positions after those in x, and the one that entered. */
SIMD_INLINE uint64_t
jsimd_after(uint64_t x, uint64_t *carry)
{
	uint64_t after = (x << 1) + *carry;

	*carry = x >> 63;
	return after;
}

/* The first positions after those in x that are not blank. */
SIMD_INLINE uint64_t
jsimd_next(uint64_t x, uint64_t blank, uint64_t *carry)
{
	uint64_t overflow;
	uint64_t next = jsimd_add((x << 1) + *carry, blank, &overflow);

	*carry = (x >> 63) + overflow;
	return next & ~blank;
}

/* Classifies everything outside of strings. */
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

/*
 * strings: where they are, and whether they are good.  Brackets, commas and so
 * on have no meaning inside of a string, so this section comes first: quotes
 * and backslashes, control characters, escapes, and UTF-8.
 */

#define JSIMD_ODD 0xaaaaaaaaaaaaaaaau

/*
 * Which bytes are escaped?  In a run of backslashes every second one, and the
 * byte after the run if its length is odd.  The borrow of a subtraction passes
 * through each run: it keeps the odd positions if the run begins at an even
 * one, and inverts them if it begins at an odd one.
 */
SIMD_INLINE uint64_t
jsimd_escaped(uint64_t backslash, uint64_t *carry)
{
	uint64_t entered = *carry;
	uint64_t run = backslash & ~entered; /* without an escaped one */
	uint64_t inverted = ((run << 1 | JSIMD_ODD) - run) ^ JSIMD_ODD;

	*carry = (inverted & backslash) >> 63;
	return inverted ^ (backslash | entered);
}

/*
 * `at` is the u of an escape.  After the first half of a surrogate pair, *due
 * is where the u of the second half must be.
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

/* Is each of these \u good, and each pair complete? */
static inline bool
jsimd_unicodes(
    const char *block, const char *end, uint64_t units, const char **due)
{
	for (; units != 0; units &= units - 1)
		if (!jsimd_unicode(block + __builtin_ctzll(units), end, due))
			return false;
	return true;
}

/* Escapes other than those of quotes and backslashes. */
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
 * UTF-8, RFC 3629: each lead byte needs its number of continuation bytes, and
 * there are no others; four lead bytes restrict the byte after them.
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
	    jsimd_after(simd_equal(v, (char)0xe0), &c->special[0]) & low_half;
	bad |=
	    jsimd_after(simd_equal(v, (char)0xed), &c->special[1]) & ~low_half;
	bad |= jsimd_after(simd_equal(v, (char)0xf0), &c->special[2]) &
	       low_quarter;
	bad |= jsimd_after(simd_equal(v, (char)0xf4), &c->special[3]) &
	       ~low_quarter;
	return bad == 0;
}

/* Control characters and bytes that are not ASCII: both are rare. */
SIMD_INLINE bool
jsimd_specials(struct jsimd_bits *s, struct jsimd_block *b, uint64_t special)
{
	uint64_t high = simd_least(b->bytes, 0x80);

	b->blank |= simd_equal(b->bytes, '\t') | simd_equal(b->bytes, '\r');
	if ((high | s->carry.tails) != 0 && !jsimd_utf8(&s->carry, b->bytes))
		return false;
	return (special & ~high & b->inside) == 0;
}

/* Finds the strings and checks their contents. */
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

/*
 * numbers, and the words true, false and null.  Numbers are checked all at
 * once, words one by one.
 */

static inline uint32_t
jsimd_four(const char *at)
{
	uint32_t four;

	memcpy(&four, at, sizeof four);
	return four;
}

/* Is this true, false or null?  It does not begin like a number. */
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
 * An exponent follows a digit, and a sign or a digit follows it; its digits end
 * the number.  Rarely needed.
 */
SIMD_INLINE uint64_t
jsimd_exponents(struct jsimd_carry *c, const struct jsimd_block *b,
    uint64_t number, uint64_t digit, uint64_t after_digit, uint64_t minus)
{
	uint64_t exponent = simd_equal(b->folded, 'e') & number;
	uint64_t plus = simd_equal(b->bytes, '+') & number;
	uint64_t dot = simd_equal(b->bytes, '.') & number;
	uint64_t after = jsimd_after(exponent, &c->exponent);
	uint64_t after_sign =
	    jsimd_after((minus | plus) & after, &c->exponent_sign);
	uint64_t starts = (after | after_sign) & digit, bad;

	bad = number & ~(digit | dot | minus | exponent | plus);
	bad |= exponent & ~after_digit;
	bad |= after & ~(digit | minus | plus);
	bad |= after_sign & ~digit;
	bad |= (plus & ~after) | (minus & ~(after | b->first));
	bad |= jsimd_add(starts + c->in_exponent, digit, &c->in_exponent) &
	       ~digit & number;
	return bad;
}

/*
 * Number = [ "-" ] int [ "." digits ] [ "e" [ sign ] digits ].  Checks which
 * character may follow which, and that a number has one dot at most.
 */
SIMD_INLINE uint64_t
jsimd_numbers(
    struct jsimd_carry *c, const struct jsimd_block *b, uint64_t number)
{
	uint64_t digit = simd_digits(b->bytes) & number;
	uint64_t dot = simd_equal(b->bytes, '.') & number;
	uint64_t minus = simd_equal(b->bytes, '-') & number;
	uint64_t other = number & ~(digit | dot | minus);
	uint64_t after_digit = jsimd_after(digit, &c->digit);
	uint64_t after_dot = jsimd_after(dot, &c->dot);
	uint64_t negative = jsimd_after(minus & b->first, &c->negative), bad;
	uint64_t zero =
	    ((b->first & number) | negative) & simd_equal(b->bytes, '0');

	bad = dot & ~after_digit;
	bad |= (after_dot | negative) & ~digit;
	bad |=
	    dot & jsimd_add(after_dot + c->in_fraction, digit, &c->in_fraction);
	bad |= jsimd_after(zero, &c->zero) & digit;
	if ((other | c->exponent | c->exponent_sign | c->in_exponent) != 0)
		return bad |
		       jsimd_exponents(c, b, number, digit, after_digit, minus);
	return bad | (minus & ~b->first);
}

/* What begins with a byte of 64 or more can only be a word. */
SIMD_INLINE bool
jsimd_scalars(struct jsimd_bits *s, struct jsimd_block *b)
{
	uint64_t words = b->first & simd_letters(b->bytes);
	uint64_t number;

	/* The addition clears the runs that are words. */
	number = b->scalar & jsimd_add(words + s->carry.in_word, b->scalar,
				 &s->carry.in_word);
	if ((number | s->carry.scalar) != 0 &&
	    jsimd_numbers(&s->carry, b, number) != 0)
		return false;
	s->scalar_blocks = b->scalar == ~(uint64_t)0 ? s->scalar_blocks + 1 : 0;
	return s->scalar_blocks < JSIMD_BLOCKS_MAX &&
	       jsimd_words(s->at, s->end, words);
}

/*
 * structure: which token may follow which, and how containers are nested.
 *
 *	{"a":[1, true],"b":""}
 *	 ^    ^  ^      ^	a name or value is due: after { [ , :
 *	 ^              ^	a name is due: after { or , in an object
 *	    ^              ^	a colon is due: after a name
 */

/*
 * Visits the brackets.  No branch depends on which bracket it is: in nested
 * text it would be mispredicted often.  The container after a bracket stays the
 * same up to the next bracket.
 */
SIMD_INLINE bool
jsimd_brackets(struct jsimd_bits *s, struct jsimd_block *b)
{
	uint64_t brackets = b->bracket, gaps = ~b->bracket, stack = s->stack;
	uint64_t unlike = 0, objects = 0;
	int32_t depth = s->depth, max_depth = s->max_depth, beyond = 0;

	do {
		int i = __builtin_ctzll(brackets);
		uint8_t bracket = (uint8_t)s->at[i];
		uint64_t object = bracket >> 5 & 1; /* { } but not [ ] */
		int32_t close = bracket >> 2 & 1;   /* } ] but not { [ */

		unlike |= (stack ^ object) & (uint64_t)close;
		beyond |= depth - 1; /* < 0: the outermost is closed */
		stack = close ? stack >> 1 : stack << 1 | object;
		depth += 1 - 2 * close;
		beyond |= max_depth - depth;
		objects |= (stack & 1) << i;
		brackets &= brackets - 1;
	} while (brackets != 0);

	b->object =
	    objects | (gaps & ~((objects << 1 | (s->carry.object & 1)) + gaps));
	s->carry.object = -(b->object >> 63);
	s->stack = stack;
	s->depth = depth;
	s->last = s->at + 63 - __builtin_clzll(b->bracket);
	return unlike == 0 && beyond >= 0;
}

/* A closing bracket where a value is due must follow an opening one. */
static inline bool
jsimd_empties(const char *block, uint64_t closes)
{
	for (; closes != 0; closes &= closes - 1) {
		const char *at = block + __builtin_ctzll(closes) - 1;

		while (*at == ' ' || *at == '\t' || *at == '\r')
			at--;
		if ((*at | 0x20) != '{')
			return false;
	}
	return true;
}

/* Checks the order of tokens.  *names are the opening quotes of names. */
SIMD_INLINE bool
jsimd_order(struct jsimd_bits *s, const struct jsimd_block *b, uint64_t *names)
{
	struct jsimd_carry *c = &s->carry;
	uint64_t strings = b->quote & b->inside;
	uint64_t values = strings | b->first | b->open;
	uint64_t parts = b->open | b->comma;
	uint64_t name_due, value_due, name_end, empties, bad;

	name_due = jsimd_next(parts & b->object, b->blank, &c->name_due);
	value_due = jsimd_next(
	    (parts & ~b->object) | b->colon, b->blank, &c->value_due);
	*names = name_due & ~b->close;
	bad = *names & ~strings;
	bad |= values & ~(name_due | value_due);
	bad |= (name_due | value_due) & (b->comma | b->colon);

	name_end =
	    jsimd_add(*names | c->in_name, b->inside, &c->in_name) & ~b->inside;
	bad |= jsimd_next(name_end, b->blank, &c->colon_due) ^ b->colon;
	/* Directly after an opening one: the stack checked the pair. */
	empties = (name_due | value_due) & b->close & ~(b->open << 1);
	return bad == 0 && jsimd_empties(s->at, empties);
}

/*
 * Without brackets the containers stay as they are, and most JSON has no
 * blanks: for these cases the compiler removes the operations on empty masks.
 */
SIMD_INLINE bool
jsimd_structure(struct jsimd_bits *s, struct jsimd_block *b, uint64_t *names)
{
	if (b->bracket == 0) {
		b->bracket = b->open = b->close = 0;
		b->object = s->carry.object;
		if (b->blank != 0)
			return jsimd_order(s, b, names);
		b->blank = 0;
		return jsimd_order(s, b, names);
	}
	b->close = b->bracket & simd_equal(b->folded, '}');
	b->open = b->bracket ^ b->close;
	if (!jsimd_brackets(s, b))
		return false;
	if (b->blank != 0)
		return jsimd_order(s, b, names);
	b->blank = 0;
	return jsimd_order(s, b, names);
}

/*
 * names: is one of them the top-level `__time`?  Only names whose next byte
 * could begin `__time` are compared, and the depth is computed only for a
 * match.
 */

#define JSIMD_NAME     "\"__time\"" /* eight bytes: one comparison */
#define JSIMD_NAME_LEN 8

/* The depth of the byte at bit i. */
static inline int32_t
jsimd_depth(const struct jsimd_block *b, int i)
{
	uint64_t before = ((uint64_t)1 << i) - 1;

	if (b->bracket == 0)
		return b->depth;
	return b->depth + __builtin_popcountll(b->open & before) -
	       __builtin_popcountll(b->close & before);
}

/* Is the name `__time`, with or without escapes? */
static inline bool
jsimd_is_time(const char *at, const char *end)
{
	return end - at >= JSIMD_NAME_LEN &&
	       (memcmp(at, JSIMD_NAME, JSIMD_NAME_LEN) == 0 ||
		   jsimd_spelled_time(at, end));
}

/*
 * Looks for `__time`: its first character is _ or an escape.  False if there is
 * a second one.
 */
SIMD_INLINE bool
jsimd_names(struct jsimd_bits *s, const struct jsimd_block *b, uint64_t names)
{
	uint64_t maybe = (simd_equal(b->bytes, '_') | b->backslash) >> 1;

	names &= maybe | (uint64_t)1 << 63; /* its next byte is unknown */
	for (; names != 0; names &= names - 1) {
		int i = __builtin_ctzll(names);

		if (!jsimd_is_time(s->at + i, s->end) || jsimd_depth(b, i) != 1)
			continue;
		if (s->name != NULL)
			return false;
		s->name = s->at + i;
	}
	return true;
}

/*
 * mark: the place up to which a bad line is known to be good.  Each good block
 * sets the mark, which is a few stores; the position of the last token is
 * computed only for a line that is not good.
 */

/*
 * The line has no fault up to the last of these tokens; unless they are after
 * the outermost object, which was not checked.
 */
SIMD_INLINE void
jsimd_mark(struct jsimd_bits *s, uint64_t tokens)
{
	if (tokens == 0 || s->depth == 0)
		return;
	s->mark.at = s->at;
	s->mark.tokens = tokens;
	s->mark.stack = s->stack;
	s->mark.depth = s->depth;
	s->mark.name = s->name;
}

/* The result for a line that is not good. */
SIMD_INLINE struct jsimd_facts
jsimd_marked(const struct jsimd_bits *s)
{
	struct jsimd_facts facts = {
		.name_at = JSIMD_NOWHERE,
		.good_to = JSIMD_NOWHERE,
		.depth = (uint32_t)s->mark.depth,
		.objects = s->mark.stack,
	};
	const char *good_to;

	if (s->mark.tokens == 0)
		return facts;
	good_to = s->mark.at + 63 - __builtin_clzll(s->mark.tokens);
	facts.good_to = (size_t)(good_to - s->line);
	if (s->mark.name != NULL && s->mark.name < good_to)
		facts.name_at = (size_t)(s->mark.name - s->line);
	return facts;
}

/* line: all blocks of a line. */

SIMD_INLINE bool
jsimd_block(struct jsimd_bits *s, struct simd bytes)
{
	struct jsimd_block b;
	uint64_t names, entered = s->carry.inside;

	b.bytes = bytes;
	b.depth = s->depth;
	if (!jsimd_strings(s, &b))
		return false;
	if ((b.inside & entered) == ~(uint64_t)0)
		return true; /* nothing but text */
	jsimd_tokens(s, &b);
	if (!jsimd_structure(s, &b, &names))
		return false;
	if ((b.scalar | s->carry.scalar) != 0 && !jsimd_scalars(s, &b))
		return false;
	s->carry.scalar = b.scalar >> 63;
	if (names != 0 && !jsimd_names(s, &b, names))
		return false;
	jsimd_mark(s, b.bracket | b.comma | b.colon);
	return true;
}

/*
 * The bytes of the last, incomplete block, with blanks after them.  From a long
 * line the last 64 bytes are copied, because a copy of fixed length is faster.
 */
SIMD_INLINE struct simd
jsimd_rest(const char *line, const char *at, const char *end)
{
	size_t len = (size_t)(end - at);
#if defined(SIMD_PART)
	(void)line;
	return simd_part(at, len);
#else
	char room[2 * SIMD_BYTES];

	memset(room + SIMD_BYTES, ' ', SIMD_BYTES);
	if (end - line >= SIMD_BYTES) {
		memcpy(room, end - SIMD_BYTES, SIMD_BYTES);
		return simd_load(room + SIMD_BYTES - len);
	}
	memset(room, ' ', SIMD_BYTES);
	memcpy(room, at, len);
	return simd_load(room);
#endif
}

static inline const char *
jsimd_skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

/* Everything after the outermost opening brace. */
SIMD_INLINE bool
jsimd_blocks(struct jsimd_bits *s)
{
	for (; s->end - s->at >= SIMD_BYTES; s->at += SIMD_BYTES)
		if (!jsimd_block(s, simd_load(s->at)))
			return false;
	return jsimd_block(s, jsimd_rest(s->line, s->at, s->end)) &&
	       s->depth == 0 && s->name != NULL;
}

/*
 * The masks describe the inside of the outermost object; what comes before and
 * after it is checked here.
 */
SIMD_INLINE struct jsimd_facts
jsimd_line(const char *line, size_t len, uint32_t max_depth)
{
	const char *end = line + len, *first = jsimd_skip_blanks(line, end);
	struct jsimd_bits s = {
		.line = line,
		.at = first + 1,
		.end = end,
		.max_depth =
		    max_depth < JSIMD_DEPTH ? (int32_t)max_depth : JSIMD_DEPTH,
		.low_due = line,
		.stack = 1,
		.depth = 1,
		.carry = { .object = ~(uint64_t)0, .name_due = 1 },
	};

	if (first == end || *first != '{' || !jsimd_blocks(&s) ||
	    jsimd_skip_blanks(s.last + 1, end) != end)
		return jsimd_marked(&s);
	return (struct jsimd_facts){
		.good = true,
		.name_at = (size_t)(s.name - line),
	};
}

#endif
#endif
