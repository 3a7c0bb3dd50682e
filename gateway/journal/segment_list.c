#include "gateway/journal/segment_list.h"

#include <stddef.h>

#include "gateway/journal/segment.h"

void
segment_list_push(struct segment_list *list, struct segment *segment)
{
	segment->next = NULL;
	if (list->first == NULL)
		list->first = segment;
	else
		list->last->next = segment;
	list->last = segment;
	list->count++;
}

struct segment *
segment_list_pop(struct segment_list *list)
{
	struct segment *segment = list->first;

	if (segment == NULL)
		return NULL;
	list->first = segment->next;
	if (list->first == NULL)
		list->last = NULL;
	list->count--;
	segment->next = NULL;
	return segment;
}

void
segment_list_push_front(struct segment_list *list, struct segment *segment)
{
	segment->next = list->first;
	list->first = segment;
	if (list->last == NULL)
		list->last = segment;
	list->count++;
}

void
segment_list_remove(struct segment_list *list, struct segment *segment)
{
	struct segment **link = &list->first, *last = NULL;

	while (*link != segment) {
		last = *link;
		link = &last->next;
	}
	*link = segment->next;
	if (list->last == segment)
		list->last = last;
	segment->next = NULL;
	list->count--;
}
