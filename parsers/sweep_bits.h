/*
 * sweep_bits - the algorithm of `sweep`, on bits instead of tokens.
 *
 * It is included once for each kind of `lanes`.  A block of 64 bytes becomes
 * some masks of 64 bits: where the quotes are, the commas, the digits.  JSON's
 * grammar is almost all about what may follow what, and that is arithmetic on
 * masks, the same few operations whatever the block holds:
 *
 *	behind	x << 1		   the positions behind those in x
 *	next	(x + run) & ~run   for each x that begins a run: what follows it
 *
 * An addition carries a bit through a run of ones, so it skips blanks, digits
 * or the inside of a string.  What leaves a block at its end enters the next
 * one at bit 0; all such bits are in struct sweep_carry.
 *
 * Only brackets (the stack), escapes, literals and candidates for `__time`
 * are visited one by one.
 *
 *	{"a":[1, true],"b":""}
 *	 ^    ^  ^      ^	 `name` or `value` is due: what follows { [ , :
 *	 ^              ^	 a name is due: what follows { or , in an object
 *	    ^              ^	 a colon is due: what follows a name
 *
 * Units	bytes and bits.
 * Ownership	borrows the line for the call.
 * Threads	none inside.
 * Errors	false: not recognised as good.
 */
#ifndef PARSERS_SWEEP_BITS_H
#define PARSERS_SWEEP_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "parsers/lanes.h"

#define SWEEP_DEPTH    64 /* the stack is the bits of one word */
#define SWEEP_NUMBER   14 /* a number of 1,001 bytes fills so many blocks */
#define SWEEP_EVEN     0x5555555555555555u
#define SWEEP_NAME     "\"__time\"" /* eight bytes: one comparison */
#define SWEEP_NAME_LEN 8

/* Bits 0 or 1 that enter the next block, and masks that are all 0 or all 1. */
struct sweep_carry {
	uint64_t escaped; /* the first byte is escaped */
	uint64_t inside;  /* mask: it is inside of a string */
	uint64_t scalar;  /* the byte before belongs to a word or number */
	uint64_t name_due, value_due, colon_due;
	uint64_t in_name; /* the string we are in is a name */
	uint64_t tails;   /* UTF-8: continuation bytes are due */
	uint64_t special[4];
	/* words and numbers */
	uint64_t in_word, digit, dot, exponent, sign, first_minus;
	uint64_t exponent_sign, zero, in_fraction, in_exponent;
};

struct sweep_bits {
	const char *line, *end;
	const char *at; /* the line's byte that is bit 0 */
	struct sweep_carry carry;
	uint64_t stack; /* bit 0: is the innermost container an object? */
	uint32_t depth, max_depth;
	bool done;              /* the outermost container was closed */
	const char *last;       /* bracket: where, once that is done */
	uint32_t scalar_blocks; /* that lie behind us without a gap */
	const char *low_due;    /* where a low surrogate is expected */
	const char *name;       /* the one `__time` */
};

/* What a block is made of.  Outside of strings, but for the first four. */
struct sweep_block {
	struct lanes bytes, folded;
	uint64_t backslash, escaped, inside, quote;
	uint64_t open, close, comma, colon, blank;
	uint64_t scalar, first; /* words and numbers, and where they begin */
	uint64_t object;        /* positions directly in an object */
	uint64_t top;           /* positions directly in the outermost */
};

/* (x + run), with the bit that leaves it. */
LANES_INLINE uint64_t
sweep_add(uint64_t x, uint64_t run, uint64_t *overflow)
{
	unsigned long long sum;

	*overflow = __builtin_uaddll_overflow(x, run, &sum);
	return sum;
}

/* The positions behind those in x, and the one that entered. */
LANES_INLINE uint64_t
sweep_behind(uint64_t x, uint64_t *carry)
{
	uint64_t behind = x << 1 | *carry;

	*carry = x >> 63;
	return behind;
}

/* The first positions behind those in x that are no blank. */
LANES_INLINE uint64_t
sweep_next(uint64_t x, uint64_t blank, uint64_t *carry)
{
	uint64_t overflow;
	uint64_t next = sweep_add(x << 1 | *carry, blank, &overflow);

	*carry = x >> 63 | overflow;
	return next & ~blank;
}

/* ---- strings ---- */

/*
 * Which bytes are escaped?  In a run of backslashes every second one, and the
 * byte behind it if the run is odd; runs that begin at an even and at an odd
 * position are two cases.
 */
LANES_INLINE uint64_t
sweep_escaped(uint64_t backslash, uint64_t *carry)
{
	uint64_t entered = *carry, starts, even, odd, escaped;

	if (backslash == 0) {
		*carry = 0;
		return entered;
	}
	backslash &= ~entered; /* one that is escaped does not escape */
	starts = backslash & ~(backslash << 1);
	even = backslash & ~(backslash + (starts & SWEEP_EVEN));
	odd = backslash & ~even;
	escaped = ((even << 1 | even) & ~SWEEP_EVEN) |
		  ((odd << 1 | odd) & SWEEP_EVEN);
	*carry = (backslash & ~escaped) >> 63;
	return escaped | entered;
}

static inline int
sweep_hex(const char *at)
{
	int unit = 0;

	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)at[i];
		unsigned digit = c - '0', letter = (c | 0x20u) - 'a';

		if (digit > 9 && letter > 5)
			return -1;
		unit = unit << 4 | (int)(digit > 9 ? letter + 10 : digit);
	}
	return unit;
}

/* `at` is the u of an escape. */
static inline bool
sweep_unicode(struct sweep_bits *s, const char *at)
{
	int unit;
	bool low;

	if (s->end - at < 5 || (unit = sweep_hex(at + 1)) < 0)
		return false;
	low = unit >= 0xdc00 && unit <= 0xdfff;
	if (low != (at == s->low_due))
		return false;
	if (unit < 0xd800 || low || unit > 0xdfff)
		return true;
	s->low_due = at + 6;
	return s->end - at >= 11 && at[5] == '\\' && at[6] == 'u';
}

static inline bool
sweep_escapes(struct sweep_bits *s, uint64_t escaped)
{
	static const bool known[256] = { ['"'] = 1,
		['\\'] = 1,
		['/'] = 1,
		['b'] = 1,
		['f'] = 1,
		['n'] = 1,
		['r'] = 1,
		['t'] = 1 };

	for (; escaped != 0; escaped &= escaped - 1) {
		const char *at = s->at + __builtin_ctzll(escaped);

		if (at == s->end)
			return false;
		if (!known[(uint8_t)*at] &&
		    (*at != 'u' || !sweep_unicode(s, at)))
			return false;
	}
	return true;
}

/*
 * UTF-8, RFC 3629: each lead byte wants its number of continuation bytes and
 * no others may be there; and four lead bytes restrict the byte behind them.
 */
LANES_INLINE bool
sweep_utf8(struct sweep_carry *c, struct lanes v)
{
	uint64_t tail = lanes_least(v, 0x80) & ~lanes_least(v, 0xc0);
	uint64_t lead2 = lanes_least(v, 0xc0), lead3 = lanes_least(v, 0xe0);
	uint64_t lead4 = lanes_least(v, 0xf0);
	uint64_t bad = (lead2 & ~lanes_least(v, 0xc2)) | lanes_least(v, 0xf5);
	uint64_t due, low_half = ~lanes_least(v, 0xa0);
	uint64_t low_quarter = ~lanes_least(v, 0x90);

	due = lead2 << 1 | lead3 << 2 | lead4 << 3;
	due |= c->tails;
	c->tails = lead2 >> 63 | lead3 >> 62 | lead4 >> 61;
	bad |= due ^ tail;
	bad |=
	    sweep_behind(lanes_equal(v, (char)0xe0), &c->special[0]) & low_half;
	bad |= sweep_behind(lanes_equal(v, (char)0xed), &c->special[1]) &
	       ~low_half;
	bad |= sweep_behind(lanes_equal(v, (char)0xf0), &c->special[2]) &
	       low_quarter;
	bad |= sweep_behind(lanes_equal(v, (char)0xf4), &c->special[3]) &
	       ~low_quarter;
	return bad == 0;
}

/* ---- containers ---- */

/*
 * Walks the brackets, and finds for each position whether it is directly in
 * an object: from a bracket on, what that bracket led to.
 */
LANES_INLINE bool
sweep_brackets(struct sweep_bits *s, struct sweep_block *b)
{
	uint64_t brackets = b->open | b->close, bad = 0;

	b->object = -(s->stack & 1);
	b->top = -(uint64_t)(s->depth == 1);
	for (; brackets != 0; brackets &= brackets - 1) {
		int i = __builtin_ctzll(brackets);
		uint64_t from = ~(uint64_t)0 << i;
		uint8_t bracket = (uint8_t)s->at[i];
		uint64_t object = bracket >> 5 & 1; /* { } but not [ ] */
		uint64_t close = bracket >> 2 & 1;  /* } ] but not { [ */

		bad |= close & (s->stack ^ object);
		if (s->done || s->depth == (close ? 0 : s->max_depth))
			return false;
		s->stack = close ? s->stack >> 1 : s->stack << 1 | object;
		s->depth += close ? -1u : 1u;
		b->object ^= (b->object ^ -(s->stack & 1)) & from;
		b->top ^= (b->top ^ -(uint64_t)(s->depth == 1)) & from;
		s->done = s->depth == 0;
		s->last = s->at + i;
	}
	return (bad & 1) == 0;
}

/* A closing bracket where a value is due is good only behind an opening one. */
static inline bool
sweep_empties(const struct sweep_bits *s, uint64_t closes)
{
	for (; closes != 0; closes &= closes - 1) {
		const char *at = s->at + __builtin_ctzll(closes) - 1;

		while (*at == ' ' || *at == '\t' || *at == '\r')
			at--;
		if ((*at | 0x20) != '{')
			return false;
	}
	return true;
}

/* ---- names ---- */

/* Is the name `__time` behind escapes?  `at` is its opening quote. */
bool sweep_spelled_time(const char *at, const char *end);

static inline bool
sweep_names(struct sweep_bits *s, uint64_t names)
{
	for (; names != 0; names &= names - 1) {
		const char *at = s->at + __builtin_ctzll(names);

		if (s->end - at < SWEEP_NAME_LEN)
			continue;
		if (memcmp(at, SWEEP_NAME, SWEEP_NAME_LEN) != 0 &&
		    !sweep_spelled_time(at, s->end))
			continue;
		if (s->name != NULL)
			return false;
		s->name = at;
	}
	return true;
}

/* ---- words and numbers ---- */

static inline uint32_t
sweep_four(const char *at)
{
	uint32_t four;

	memcpy(&four, at, sizeof four);
	return four;
}

/* `at` begins a word that is no number. */
static inline bool
sweep_word(const struct sweep_bits *s, const char *at)
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

	if ((size_t)(s->end - at) <= length)
		return false;
	return sweep_four(at) == want && ends[(uint8_t)at[length]] &&
	       (length == 4 || at[4] == 'e');
}

static inline bool
sweep_words(const struct sweep_bits *s, uint64_t words)
{
	for (; words != 0; words &= words - 1)
		if (!sweep_word(s, s->at + __builtin_ctzll(words)))
			return false;
	return true;
}

/*
 * Number = [ "-" ] int [ "." digits ] [ "e" [ sign ] digits ].  What stands
 * beside what is checked first; then that no dot follows a fraction, and
 * nothing an exponent.
 */
LANES_INLINE uint64_t
sweep_numbers(struct sweep_carry *c, const struct sweep_block *b,
    uint64_t number, uint64_t all_digits)
{
	uint64_t digit = all_digits & number;
	uint64_t dot = lanes_equal(b->bytes, '.') & number;
	uint64_t exponent = lanes_equal(b->folded, 'e') & number;
	uint64_t minus = lanes_equal(b->bytes, '-') & number;
	uint64_t sign = minus | (lanes_equal(b->bytes, '+') & number);
	uint64_t first = b->first & number, zero, behind_exponent, starts;
	uint64_t behind_dot, bad, exponent_digits;

	bad = number & ~(digit | dot | exponent | sign);
	bad |= (dot | exponent) & ~sweep_behind(digit, &c->digit);
	behind_dot = sweep_behind(dot, &c->dot);
	bad |= behind_dot & ~digit;
	behind_exponent = sweep_behind(exponent, &c->exponent);
	bad |= behind_exponent & ~(digit | sign);
	bad |= sweep_behind(sign, &c->sign) & ~digit;
	bad |= sign & ~(behind_exponent | (first & minus));

	starts = first | sweep_behind(first & minus, &c->first_minus);
	zero = starts & lanes_equal(b->bytes, '0');
	bad |= sweep_behind(zero, &c->zero) & digit;

	bad |= sweep_add((behind_dot & digit) | c->in_fraction, digit,
		   &c->in_fraction) &
	       ~digit & dot;
	exponent_digits =
	    behind_exponent | sweep_behind(sign & ~first, &c->exponent_sign);
	bad |= sweep_add((exponent_digits & digit) | c->in_exponent, digit,
		   &c->in_exponent) &
	       ~digit & number;
	return bad;
}

LANES_INLINE bool
sweep_scalars(struct sweep_bits *s, const struct sweep_block *b)
{
	uint64_t digit =
	    lanes_least(b->bytes, '0') & ~lanes_least(b->bytes, '9' + 1);
	uint64_t words = b->first & ~(digit | lanes_equal(b->bytes, '-'));
	uint64_t number;

	/* An addition clears the runs that are words. */
	number = b->scalar & sweep_add(words | s->carry.in_word, b->scalar,
				 &s->carry.in_word);
	if (sweep_numbers(&s->carry, b, number, digit) != 0)
		return false;
	s->scalar_blocks = b->scalar == ~(uint64_t)0 ? s->scalar_blocks + 1 : 0;
	return s->scalar_blocks < SWEEP_NUMBER && sweep_words(s, words);
}

/* ---- a block ---- */

/* Strings first: nothing else has a meaning inside of them. */
LANES_INLINE bool
sweep_strings(struct sweep_bits *s, struct sweep_block *b)
{
	struct sweep_carry *c = &s->carry;
	uint64_t control = ~lanes_least(b->bytes, 0x20);
	uint64_t high = lanes_least(b->bytes, 0x80);

	b->backslash = lanes_equal(b->bytes, '\\');
	b->escaped = sweep_escaped(b->backslash, &c->escaped);
	b->quote = lanes_equal(b->bytes, '"') & ~b->escaped;
	b->inside = lanes_parity(b->quote) ^ c->inside;
	c->inside = -(b->inside >> 63);
	b->blank = lanes_equal(b->bytes, ' ');
	if (control != 0)
		b->blank |=
		    lanes_equal(b->bytes, '\t') | lanes_equal(b->bytes, '\r');
	if ((high | c->tails) != 0 && !sweep_utf8(c, b->bytes))
		return false;
	return (control & b->inside) == 0 &&
	       sweep_escapes(s, b->escaped & b->inside);
}

LANES_INLINE void
sweep_tokens(struct sweep_bits *s, struct sweep_block *b)
{
	uint64_t outside = ~b->inside;

	b->folded = lanes_fold(b->bytes);
	b->open = lanes_equal(b->folded, '{') & outside;
	b->close = lanes_equal(b->folded, '}') & outside;
	b->comma = lanes_equal(b->bytes, ',') & outside;
	b->colon = lanes_equal(b->bytes, ':') & outside;
	b->blank &= outside;
	b->scalar = outside & ~(b->quote | b->open | b->close | b->comma |
				  b->colon | b->blank);
	b->first = b->scalar & ~(b->scalar << 1 | s->carry.scalar);
}

/* What follows what.  Gives the names that begin here in *names. */
LANES_INLINE bool
sweep_order(struct sweep_bits *s, const struct sweep_block *b, uint64_t *names)
{
	struct sweep_carry *c = &s->carry;
	uint64_t strings = b->quote & b->inside;
	uint64_t values = strings | b->first | b->open;
	uint64_t parts = b->open | b->comma;
	uint64_t name_due, value_due, name_end, bad;

	name_due = sweep_next(parts & b->object, b->blank, &c->name_due);
	value_due = sweep_next(
	    (parts & ~b->object) | b->colon, b->blank, &c->value_due);
	*names = name_due & ~b->close;
	bad = *names & ~strings;
	bad |= values & ~(name_due | value_due);
	bad |= (name_due | value_due) & (b->comma | b->colon);

	name_end =
	    sweep_add(*names | c->in_name, b->inside, &c->in_name) & ~b->inside;
	bad |= sweep_next(name_end, b->blank, &c->colon_due) ^ b->colon;
	return bad == 0 && sweep_empties(s, (name_due | value_due) & b->close);
}

LANES_INLINE bool
sweep_block(struct sweep_bits *s, const char *bytes)
{
	struct sweep_block b;
	uint64_t names, maybe;

	b.bytes = lanes_load(bytes);
	if (!sweep_strings(s, &b))
		return false;
	sweep_tokens(s, &b);
	if (!sweep_brackets(s, &b) || !sweep_order(s, &b, &names))
		return false;
	if ((b.scalar | s->carry.scalar) != 0 && !sweep_scalars(s, &b))
		return false;
	s->carry.scalar = b.scalar >> 63;

	/* Which could be `__time`?  Those that go on with _ or an escape. */
	maybe = (lanes_equal(b.bytes, '_') | b.backslash) >> 1;
	maybe |= (uint64_t)1 << 63; /* its second byte is not in this block */
	return sweep_names(s, names & b.top & maybe);
}

/* The bytes of a last, incomplete block, with blanks behind them. */
LANES_INLINE void
sweep_pad(const char *at, size_t len, char out[LANES_BYTES])
{
	memset(out, ' ', LANES_BYTES);
	memcpy(out, at, len);
}

static inline bool
sweep_blank(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at == end;
}

LANES_INLINE bool
sweep_line(const char *line, size_t len, uint32_t max_depth, size_t *name_at)
{
	struct sweep_bits s = {
		.line = line,
		.at = line,
		.end = line + len,
		.max_depth = max_depth < SWEEP_DEPTH ? max_depth : SWEEP_DEPTH,
		.carry = { .value_due = 1 },
	};
	char last[LANES_BYTES];

	for (; s.end - s.at >= LANES_BYTES; s.at += LANES_BYTES)
		if (!sweep_block(&s, s.at))
			return false;
	sweep_pad(s.at, (size_t)(s.end - s.at), last);
	if (!sweep_block(&s, last) || !s.done || s.name == NULL ||
	    !sweep_blank(s.last + 1, s.end))
		return false;
	*name_at = (size_t)(s.name - line);
	return true;
}

#endif
