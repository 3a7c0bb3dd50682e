#include "gateway/spool/place.h"

#include <stdlib.h>

#include "gateway/spool/segment.h"

struct place *
place_new(void)
{
	return calloc(1, sizeof(struct place));
}

void
place_link(struct place *place, struct segment *segment)
{
	place->segment = segment;
	place->prev = NULL;
	place->next = segment->places;
	if (place->next != NULL)
		place->next->prev = place;
	segment->places = place;
}

void
place_unlink(struct place *place)
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
place_free(struct place *place)
{
	if (place == NULL)
		return;
	place_unlink(place);
	free(place);
}
