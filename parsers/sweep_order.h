/*
 * sweep_order - what may follow what in a block, and what is inside of what.
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
#ifndef PARSERS_SWEEP_ORDER_H
#define PARSERS_SWEEP_ORDER_H

#include "parsers/sweep_bits.h"

#if defined(LANES)

/*
 * Walks the brackets, and finds for each position whether it is directly in
 * an object: from a bracket on, what that bracket led to.
 */
LANES_INLINE bool
sweep_brackets(struct sweep_bits *s, struct sweep_block *b)
{
	uint64_t brackets = b->bracket, bad = 0;

	b->object = s->carry.object;
	b->top = s->carry.top;
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
	s->carry.object = -(b->object >> 63);
	s->carry.top = -(b->top >> 63);
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
	b->object = s->carry.object;
	b->top = s->carry.top;
	return sweep_order(s, b, names);
}

#endif
#endif
