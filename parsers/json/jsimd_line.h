/*
 * jsimd_line - a whole line, block by block: the algorithm of `sweep`.
 *
 * It is included once for each kind of `lanes`; the masks and the arithmetic
 * on them are in jsimd_bits.h, the parts of the grammar in the others.
 *
 * Units	bytes and bits.
 * Ownership	borrows the line for the call.
 * Threads	none inside.
 * Errors	named at each function.
 */
#ifndef PARSERS_JSON_JSIMD_LINE_H
#define PARSERS_JSON_JSIMD_LINE_H

#include "parsers/json/jsimd_bits.h"
#include "parsers/json/jsimd_mark.h"
#include "parsers/json/jsimd_name.h"
#include "parsers/json/jsimd_number.h"
#include "parsers/json/jsimd_order.h"
#include "parsers/json/jsimd_text.h"

#if defined(SIMD)

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
 * The bytes of the last, incomplete block, with blanks behind them.  A long
 * line lends the bytes before, which spares a copy of unknown length.
 */
SIMD_INLINE struct simd
jsimd_rest(const char *line, const char *at, const char *end)
{
	size_t len = (size_t)(end - at);
#if defined(LANES_PART)
	(void)line;
	return lanes_part(at, len);
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

/* From behind the outermost brace on. */
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
 * The masks do not know about the outside of the outermost object: what comes
 * before and behind it is looked at here.
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
