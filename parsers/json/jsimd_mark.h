/*
 * jsimd_mark - how far was the line in order, should it turn out not to be?
 *
 * Each good block leaves a mark, which is a few stores; only a line that is
 * not good asks where its last token was.
 *
 * Units	bytes and bits.
 * Ownership	borrows the line for the call.
 * Threads	none inside.
 * Errors	none.
 */
#ifndef PARSERS_JSON_JSIMD_MARK_H
#define PARSERS_JSON_JSIMD_MARK_H

#include "parsers/json/jsimd_bits.h"

#if defined(SIMD)

/*
 * Up to the last of these tokens the line is in order; unless they stand behind
 * the outermost object, where nothing was looked at.
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

/* What is known of a line that is not good. */
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

#endif
#endif
