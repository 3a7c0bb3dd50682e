#include "gateway/journal/record_ref.h"

#include <stdlib.h>

#include "gateway/journal/segment.h"

struct record_ref *
record_ref_new(void)
{
	return calloc(1, sizeof(struct record_ref));
}

void
record_ref_link(struct record_ref *place, struct segment *segment)
{
	place->segment = segment;
	place->prev = NULL;
	place->next = segment->places;
	if (place->next != NULL)
		place->next->prev = place;
	segment->places = place;
}

void
record_ref_unlink(struct record_ref *place)
{
	if (place->segment == NULL)
		return;
	if (place->prev != NULL)
		place->prev->next = place->next;
	else
		place->segment->places = place->next;
	if (place->next != NULL)
		place->next->prev = place->prev;
	place->prev = place->next = NULL;
	place->segment = NULL;
}

void
record_ref_free(struct record_ref *place)
{
	if (place == NULL)
		return;
	record_ref_unlink(place);
	free(place);
}
