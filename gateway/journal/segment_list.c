#include "gateway/journal/segment_list.h"

#include <stddef.h>

#include "gateway/journal/segment.h"

void
segment_list_push(struct segment_list *chain, struct segment *segment)
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
segment_list_pop(struct segment_list *chain)
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
segment_list_push_front(struct segment_list *chain, struct segment *segment)
{
	segment->next = chain->first;
	chain->first = segment;
	if (chain->last == NULL)
		chain->last = segment;
	chain->count++;
}

void
segment_list_remove(struct segment_list *chain, struct segment *segment)
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
