#include "gateway/spool/chain.h"

#include <stddef.h>

#include "gateway/spool/segment.h"

void
chain_push(struct chain *chain, struct segment *segment)
{
	segment->next = NULL;
	if (chain->first == NULL)
		chain->first = segment;
	else
		chain->last->next = segment;
	chain->last = segment;
	chain->count++;
}

struct segment *
chain_pop(struct chain *chain)
{
	struct segment *segment = chain->first;

	if (segment == NULL)
		return NULL;
	chain->first = segment->next;
	if (chain->first == NULL)
		chain->last = NULL;
	chain->count--;
	segment->next = NULL;
	return segment;
}

void
chain_push_front(struct chain *chain, struct segment *segment)
{
	segment->next = chain->first;
	chain->first = segment;
	if (chain->last == NULL)
		chain->last = segment;
	chain->count++;
}

void
chain_remove(struct chain *chain, struct segment *segment)
{
	struct segment **link = &chain->first, *last = NULL;

	while (*link != segment) {
		last = *link;
		link = &last->next;
	}
	*link = segment->next;
	if (chain->last == segment)
		chain->last = last;
	segment->next = NULL;
	chain->count--;
}
