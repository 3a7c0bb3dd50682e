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
#include "parsers/sweep_mark.h"
#include "parsers/sweep_name.h"
#include "parsers/sweep_number.h"
#include "parsers/sweep_order.h"
#include "parsers/sweep_text.h"

#if defined(LANES)

LANES_INLINE bool
sweep_block(struct sweep_bits *s, struct lanes bytes)
{
	struct sweep_block b;
	uint64_t names, entered = s->carry.inside;

	b.bytes = bytes;
	b.depth = s->depth;
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
	if (names != 0 && !sweep_names(s, &b, names))
		return false;
	sweep_mark(s, b.bracket | b.comma | b.colon);
	return true;
}

/*
 * The bytes of the last, incomplete block, with blanks behind them.  A long
 * line lends the bytes before, which spares a copy of unknown length.
 */
LANES_INLINE struct lanes
sweep_rest(const char *line, const char *at, const char *end)
{
	size_t len = (size_t)(end - at);
#if defined(LANES_PART)
	(void)line;
	return lanes_part(at, len);
#else
	char room[2 * LANES_BYTES];

	memset(room + LANES_BYTES, ' ', LANES_BYTES);
	if (end - line >= LANES_BYTES) {
		memcpy(room, end - LANES_BYTES, LANES_BYTES);
		return lanes_load(room + LANES_BYTES - len);
	}
	memset(room, ' ', LANES_BYTES);
	memcpy(room, at, len);
	return lanes_load(room);
#endif
}

static inline const char *
sweep_skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

/* From behind the outermost brace on. */
LANES_INLINE bool
sweep_blocks(struct sweep_bits *s)
{
	for (; s->end - s->at >= LANES_BYTES; s->at += LANES_BYTES)
		if (!sweep_block(s, lanes_load(s->at)))
			return false;
	return sweep_block(s, sweep_rest(s->line, s->at, s->end)) &&
	       s->depth == 0 && s->name != NULL;
}

/*
 * The masks do not know about the outside of the outermost object: what comes
 * before and behind it is looked at here.
 */
LANES_INLINE struct sweep_facts
sweep_line(const char *line, size_t len, uint32_t max_depth)
{
	const char *end = line + len, *first = sweep_skip_blanks(line, end);
	struct sweep_bits s = {
		.line = line,
		.at = first + 1,
		.end = end,
		.max_depth =
		    max_depth < SWEEP_DEPTH ? (int32_t)max_depth : SWEEP_DEPTH,
		.low_due = line,
		.stack = 1,
		.depth = 1,
		.carry = { .object = ~(uint64_t)0, .name_due = 1 },
	};

	if (first == end || *first != '{' || !sweep_blocks(&s) ||
	    sweep_skip_blanks(s.last + 1, end) != end)
		return sweep_marked(&s);
	return (struct sweep_facts){
		.good = true,
		.name_at = (size_t)(s.name - line),
	};
}

#endif
#endif
