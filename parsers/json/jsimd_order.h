/*
 * jsimd_order - what may follow what in a block, and what is inside of what.
 *
 *	{"a":[1, true],"b":""}
 *	 ^    ^  ^      ^	a name or value is due: behind { [ , :
 *	 ^              ^	a name is due: behind { or , in an object
 *	    ^              ^	a colon is due: behind a name
 *
 * Units	bytes and bits.
 * Ownership	borrows the line for the call.
 * Threads	none inside.
 * Errors	named at each function.
 */
#ifndef PARSERS_JSON_JSIMD_ORDER_H
#define PARSERS_JSON_JSIMD_ORDER_H

#include "parsers/json/jsimd_bits.h"

#if defined(SIMD)

/*
 * Walks the brackets.  No branch depends on what a bracket is, which nested
 * text makes unpredictable.  What a bracket led to holds up to the next one.
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
		beyond |= depth - 1; /* none comes behind the outermost */
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

/* A closing bracket where a value is due is good only behind an opening one. */
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

/* What follows what.  Gives the names that begin here in *names. */
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
	/* Directly behind an opening one: the stack knows that they match. */
	empties = (name_due | value_due) & b->close & ~(b->open << 1);
	return bad == 0 && jsimd_empties(s->at, empties);
}

/*
 * Without brackets the containers stay as they are, and most JSON has no
 * blanks: for each, the compiler strikes out what is then nothing.
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

#endif
#endif
