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
#include "parsers/sweep.h"

#if defined(LANES)
#define SWEEP_BITS

#define SWEEP_DEPTH    64 /* the stack is the bits of one word */
#define SWEEP_NUMBER   14 /* a number of 1,001 bytes fills so many blocks */
#define SWEEP_EVEN     0x5555555555555555u
#define SWEEP_NAME     "\"__time\"" /* eight bytes: one comparison */
#define SWEEP_NAME_LEN 8

int sweep_hex(const char *at); /* four digits, or -1 */

/* Is it `__time` behind escapes?  `at` is the opening quote of a name. */
bool sweep_spelled_time(const char *at, const char *end);

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
	uint64_t in_word, digit, dot, sign, negative, zero, in_fraction;
	uint64_t exponent, exponent_sign, in_exponent;
};

struct sweep_bits {
	const char *line, *end;
	const char *at; /* the line's byte that is bit 0 */
	struct sweep_carry carry;
	uint64_t stack; /* bit 0: is the innermost container an object? */
	uint32_t depth, max_depth;
	uint32_t scalar_blocks; /* that lie behind us without a gap */
	bool done;              /* the outermost container was closed, */
	const char *last;       /* here */
	const char *low_due;    /* where half a pair must be; or `line` */
	const char *name;       /* the one `__time`; `end`: one of several */
	/* as of the last good block: */
	struct sweep_facts mark;
	const char *marked_name;
};

/* What a block is made of.  Outside of strings, but for the first four. */
struct sweep_block {
	struct lanes bytes, folded;
	uint64_t backslash, escaped, inside, quote;
	uint64_t bracket, open, close, comma, colon, blank;
	uint64_t scalar, first; /* words and numbers, and where they begin */
	uint64_t word;          /* those that are no numbers */
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
	uint64_t behind = (x << 1) + *carry;

	*carry = x >> 63;
	return behind;
}

/* The first positions behind those in x that are no blank. */
LANES_INLINE uint64_t
sweep_next(uint64_t x, uint64_t blank, uint64_t *carry)
{
	uint64_t overflow;
	uint64_t next = sweep_add((x << 1) + *carry, blank, &overflow);

	*carry = (x >> 63) + overflow;
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

/*
 * `at` is the u of an escape.  *due is where the second half of a surrogate
 * pair must be, once its first half was seen.
 */
static inline bool
sweep_unicode(const char *at, const char *end, const char **due)
{
	int unit;
	bool low;

	if (end - at < 5 || (unit = sweep_hex(at + 1)) < 0)
		return false;
	low = unit >= 0xdc00 && unit <= 0xdfff;
	if (low != (at == *due))
		return false;
	if (unit < 0xd800 || low || unit > 0xdfff)
		return true;
	*due = at + 6;
	return end - at >= 11 && at[5] == '\\' && at[6] == 'u';
}

/* Gives where a second half is due, or NULL if an escape is bad. */
static inline const char *
sweep_escapes(
    const char *block, const char *end, uint64_t escaped, const char *due)
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
		const char *at = block + __builtin_ctzll(escaped);

		if (at == end)
			return NULL;
		if (!known[(uint8_t)*at] &&
		    (*at != 'u' || !sweep_unicode(at, end, &due)))
			return NULL;
	}
	return due;
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
	uint64_t brackets = b->bracket, bad = 0;

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
sweep_empties(const char *block, uint64_t closes)
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

/* ---- names ---- */

/* Gives the one `__time` so far; the end of the line if there is a second. */
static inline const char *
sweep_names(
    const char *block, const char *end, uint64_t names, const char *found)
{
	for (; names != 0; names &= names - 1) {
		const char *at = block + __builtin_ctzll(names);

		if (end - at < SWEEP_NAME_LEN)
			continue;
		if (memcmp(at, SWEEP_NAME, SWEEP_NAME_LEN) != 0 &&
		    !sweep_spelled_time(at, end))
			continue;
		if (found != NULL)
			return end;
		found = at;
	}
	return found;
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
 * Behind an exponent comes a sign or a digit, and behind its digits nothing
 * of a number.  Seldom needed.
 */
LANES_INLINE uint64_t
sweep_exponents(struct sweep_carry *c, const struct sweep_block *b,
    uint64_t digit, uint64_t sign, uint64_t other)
{
	uint64_t exponent = other & lanes_equal(b->folded, 'e');
	uint64_t behind = sweep_behind(exponent, &c->exponent);
	uint64_t digits =
	    behind | sweep_behind(sign & behind, &c->exponent_sign);
	uint64_t number = b->scalar & ~b->word, bad = other & ~exponent;

	bad |= behind & ~(digit | sign);
	bad |= sign & ~(behind | b->first);
	bad |= sweep_add(
		   (digits & digit) + c->in_exponent, digit, &c->in_exponent) &
	       ~digit & number;
	return bad;
}

/*
 * Number = [ "-" ] int [ "." digits ] [ "e" [ sign ] digits ].  What stands
 * beside what is checked first, then that no dot follows a fraction.
 */
LANES_INLINE uint64_t
sweep_numbers(
    struct sweep_carry *c, const struct sweep_block *b, uint64_t all_digits)
{
	uint64_t number = b->scalar & ~b->word, digit = all_digits & number;
	uint64_t dot = lanes_equal(b->bytes, '.') & number;
	uint64_t sign = lanes_either(b->bytes, '-', '+') & number;
	uint64_t other = number & ~(digit | dot | sign);
	uint64_t negative = sign & b->first, starts, zero, behind_dot, bad;

	bad = (dot | other) & ~sweep_behind(digit, &c->digit);
	bad |= sweep_behind(sign, &c->sign) & ~digit;
	behind_dot = sweep_behind(dot, &c->dot);
	bad |= behind_dot & ~digit;
	bad |= sweep_add((behind_dot & digit) + c->in_fraction, digit,
		   &c->in_fraction) &
	       ~digit & dot;

	starts = (b->first & number) | sweep_behind(negative, &c->negative);
	zero = starts & lanes_equal(b->bytes, '0');
	bad |= sweep_behind(zero, &c->zero) & digit;
	if ((other | c->exponent | c->exponent_sign | c->in_exponent) != 0)
		return bad | sweep_exponents(c, b, digit, sign, other);
	return bad | (sign ^ negative);
}

LANES_INLINE bool
sweep_scalars(struct sweep_bits *s, struct sweep_block *b)
{
	uint64_t digit = lanes_digits(b->bytes);
	uint64_t words = b->first & ~(digit | lanes_equal(b->bytes, '-'));

	/* An addition clears the runs that are words. */
	b->word = b->scalar & ~sweep_add(words + s->carry.in_word, b->scalar,
				  &s->carry.in_word);
	if (sweep_numbers(&s->carry, b, digit) != 0)
		return false;
	s->scalar_blocks = b->scalar == ~(uint64_t)0 ? s->scalar_blocks + 1 : 0;
	return s->scalar_blocks < SWEEP_NUMBER &&
	       sweep_words(s->at, s->end, words);
}

/* ---- a block ---- */

/* Control characters and all that is not ASCII: seldom there. */
LANES_INLINE bool
sweep_specials(struct sweep_bits *s, struct sweep_block *b, uint64_t special)
{
	uint64_t high = lanes_least(b->bytes, 0x80);

	b->blank |= lanes_equal(b->bytes, '\t') | lanes_equal(b->bytes, '\r');
	if ((high | s->carry.tails) != 0 && !sweep_utf8(&s->carry, b->bytes))
		return false;
	return (special & ~high & b->inside) == 0;
}

/* Strings first: nothing else has a meaning inside of them. */
LANES_INLINE bool
sweep_strings(struct sweep_bits *s, struct sweep_block *b)
{
	struct sweep_carry *c = &s->carry;
	uint64_t special = lanes_special(b->bytes);

	b->backslash = lanes_equal(b->bytes, '\\');
	b->escaped = sweep_escaped(b->backslash, &c->escaped);
	b->quote = lanes_equal(b->bytes, '"') & ~b->escaped;
	b->inside = lanes_parity(b->quote) ^ c->inside;
	c->inside = -(b->inside >> 63);
	b->blank = lanes_equal(b->bytes, ' ');
	if ((special | c->tails) != 0 && !sweep_specials(s, b, special))
		return false;
	if ((b->escaped & b->inside) == 0)
		return true;
	s->low_due =
	    sweep_escapes(s->at, s->end, b->escaped & b->inside, s->low_due);
	return s->low_due != NULL;
}

LANES_INLINE void
sweep_tokens(struct sweep_bits *s, struct sweep_block *b)
{
	uint64_t outside = ~b->inside;

	b->folded = lanes_fold(b->bytes);
	b->bracket = lanes_either(b->folded, '{', '}') & outside;
	b->comma = lanes_equal(b->bytes, ',') & outside;
	b->colon = lanes_equal(b->bytes, ':') & outside;
	b->blank &= outside;
	b->scalar =
	    outside & ~(b->quote | b->bracket | b->comma | b->colon | b->blank);
	b->first = b->scalar & ~((b->scalar << 1) + s->carry.scalar);
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
	return bad == 0 &&
	       sweep_empties(s->at, (name_due | value_due) & b->close);
}

/*
 * Without brackets the containers stay as they are, and most JSON has no
 * blanks: for both, the compiler strikes out what is then nothing.
 */
LANES_INLINE bool
sweep_structure(struct sweep_bits *s, struct sweep_block *b, uint64_t *names)
{
	if ((b->bracket | b->blank) != 0) {
		b->close = b->bracket & lanes_equal(b->folded, '}');
		b->open = b->bracket ^ b->close;
		return sweep_brackets(s, b) && sweep_order(s, b, names);
	}
	b->bracket = b->open = b->close = b->blank = 0;
	return sweep_brackets(s, b) && sweep_order(s, b, names);
}

/* Which could be `__time`?  Those that go on with _ or an escape. */
LANES_INLINE bool
sweep_candidates(
    struct sweep_bits *s, const struct sweep_block *b, uint64_t names)
{
	uint64_t maybe = (lanes_equal(b->bytes, '_') | b->backslash) >> 1;

	names &= maybe | (uint64_t)1 << 63; /* its next byte is elsewhere */
	if (names != 0)
		s->name = sweep_names(s->at, s->end, names, s->name);
	return s->name != s->end;
}

/*
 * Up to the last of these tokens the line is in order; unless they stand behind
 * the outermost object, where nothing was looked at.
 */
LANES_INLINE void
sweep_mark(struct sweep_bits *s, uint64_t tokens)
{
	if (tokens == 0 || s->done)
		return;
	s->mark.good_to =
	    (size_t)(s->at - s->line) + 63 - (size_t)__builtin_clzll(tokens);
	s->mark.depth = s->depth;
	s->mark.objects = s->stack;
	s->marked_name = s->name;
}

LANES_INLINE bool
sweep_block(struct sweep_bits *s, const char *bytes)
{
	struct sweep_block b;
	uint64_t names, entered = s->carry.inside;

	b.bytes = lanes_load(bytes);
	if (!sweep_strings(s, &b))
		return false;
	if ((b.inside & entered) == ~(uint64_t)0)
		return true; /* nothing but text */
	sweep_tokens(s, &b);
	if (!sweep_structure(s, &b, &names))
		return false;
	if ((b.scalar | s->carry.scalar) != 0 && !sweep_scalars(s, &b))
		return false;
	s->carry.scalar = b.scalar >> 63;
	names &= b.top;
	if (names != 0 && !sweep_candidates(s, &b, names))
		return false;
	sweep_mark(s, b.bracket | b.comma | b.colon);
	return true;
}

/*
 * The bytes of the last, incomplete block, with blanks behind them.  A long
 * line lends the bytes before, which spares a copy of unknown length.
 */
LANES_INLINE const char *
sweep_pad(const char *line, const char *at, const char *end, char *room)
{
	size_t len = (size_t)(end - at);

	memset(room + LANES_BYTES, ' ', LANES_BYTES);
	if (end - line >= LANES_BYTES) {
		memcpy(room, end - LANES_BYTES, LANES_BYTES);
		return room + LANES_BYTES - len;
	}
	memset(room, ' ', LANES_BYTES);
	memcpy(room, at, len);
	return room;
}

static inline const char *
sweep_skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

/*
 * The masks do not know about the outside of the outermost object: what comes
 * before and behind it is looked at here.
 */
LANES_INLINE bool
sweep_blocks(struct sweep_bits *s)
{
	const char *first = sweep_skip_blanks(s->line, s->end);
	char room[2 * LANES_BYTES];

	if (first == s->end || *first != '{')
		return false;
	for (; s->end - s->at >= LANES_BYTES; s->at += LANES_BYTES)
		if (!sweep_block(s, s->at))
			return false;
	return sweep_block(s, sweep_pad(s->line, s->at, s->end, room)) &&
	       s->done && s->name != NULL &&
	       sweep_skip_blanks(s->last + 1, s->end) == s->end;
}

LANES_INLINE struct sweep_facts
sweep_line(const char *line, size_t len, uint32_t max_depth)
{
	struct sweep_bits s = {
		.line = line,
		.at = line,
		.end = line + len,
		.max_depth = max_depth < SWEEP_DEPTH ? max_depth : SWEEP_DEPTH,
		.low_due = line,
		.carry = { .value_due = 1 },
		.mark = { .good_to = SWEEP_NOWHERE, .name_at = SWEEP_NOWHERE },
	};

	s.mark.good = sweep_blocks(&s);
	if (s.mark.good)
		s.mark.name_at = (size_t)(s.name - line);
	else if (s.marked_name != NULL && s.marked_name < line + s.mark.good_to)
		s.mark.name_at = (size_t)(s.marked_name - line);
	return s.mark;
}

#endif
#endif
