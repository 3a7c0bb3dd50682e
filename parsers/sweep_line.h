/*
 * sweep_line - a whole line, block by block: the algorithm of `sweep`.
 *
 * It is included once for each kind of `lanes`; the masks and the arithmetic
 * on them are in sweep_bits.h, the parts of the grammar in the others.
 *
 * Units	bytes and bits.
 * Ownership	borrows the line for the call.
 * Threads	none inside.
 * Errors	named at each function.
 */
#ifndef PARSERS_SWEEP_LINE_H
#define PARSERS_SWEEP_LINE_H

#include "parsers/sweep_bits.h"
#include "parsers/sweep_number.h"
#include "parsers/sweep_order.h"
#include "parsers/sweep_text.h"

#if defined(LANES)

#define SWEEP_NAME     "\"__time\"" /* eight bytes: one comparison */
#define SWEEP_NAME_LEN 8

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
	s->mark.at = s->at;
	s->mark.tokens = tokens;
	s->mark.stack = s->stack;
	s->mark.depth = s->depth;
	s->mark.name = s->name;
}

/* What is known of a line that is not good. */
LANES_INLINE struct sweep_facts
sweep_marked(const struct sweep_bits *s)
{
	struct sweep_facts facts = {
		.name_at = SWEEP_NOWHERE,
		.good_to = SWEEP_NOWHERE,
		.depth = s->mark.depth,
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
	};

	if (!sweep_blocks(&s))
		return sweep_marked(&s);
	return (struct sweep_facts){
		.good = true,
		.name_at = (size_t)(s.name - line),
	};
}

#endif
#endif
