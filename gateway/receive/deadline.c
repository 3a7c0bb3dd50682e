#include "gateway/receive/deadline.h"

#include <stdlib.h>

#define ROOM_FIRST 64

/* heap[0] is place 1: parents and children are then place / 2 and * 2. */
static void
put(struct deadlines *all, size_t place, struct deadline *d)
{
	all->heap[place - 1] = d;
	d->place = place;
}

static struct deadline *
at_place(const struct deadlines *all, size_t place)
{
	return all->heap[place - 1];
}

static void
rise(struct deadlines *all, struct deadline *d)
{
	size_t place = d->place;

	while (place > 1 && at_place(all, place / 2)->at.ns > d->at.ns) {
		put(all, place, at_place(all, place / 2));
		place /= 2;
	}
	put(all, place, d);
}

static void
sink(struct deadlines *all, struct deadline *d)
{
	size_t place = d->place, child;

	while ((child = place * 2) <= all->count) {
		if (child < all->count && at_place(all, child + 1)->at.ns <
					      at_place(all, child)->at.ns)
			child++;
		if (at_place(all, child)->at.ns >= d->at.ns)
			break;
		put(all, place, at_place(all, child));
		place = child;
	}
	put(all, place, d);
}

void
deadlines_init(struct deadlines *all)
{
	*all = (struct deadlines){ 0 };
}

void
deadlines_fini(struct deadlines *all)
{
	free(all->heap);
	deadlines_init(all);
}

static bool
make_room(struct deadlines *all)
{
	size_t room = all->room > 0 ? all->room * 2 : ROOM_FIRST;
	struct deadline **heap;

	if (all->count < all->room)
		return true;
	heap = realloc(all->heap, room * sizeof *heap);
	if (heap == NULL)
		return false;
	all->heap = heap;
	all->room = room;
	return true;
}

bool
deadlines_by(struct deadlines *all, struct deadline *d, struct instant at)
{
	if (d->place != 0) {
		if (d->at.ns > at.ns) {
			d->at = at;
			rise(all, d);
		}
		return true;
	}
	if (!make_room(all))
		return false;
	d->at = at;
	put(all, ++all->count, d);
	rise(all, d);
	return true;
}

void
deadlines_remove(struct deadlines *all, struct deadline *d)
{
	size_t place = d->place;
	struct deadline *last;

	if (place == 0)
		return;
	last = at_place(all, all->count--);
	d->place = 0;
	if (last == d)
		return;
	put(all, place, last);
	rise(all, last);
	sink(all, last);
}

struct instant
deadlines_next(const struct deadlines *all)
{
	return all->count > 0 ? all->heap[0]->at : INSTANT_NEVER;
}

struct deadline *
deadlines_take(struct deadlines *all, struct instant now)
{
	struct deadline *first;

	if (all->count == 0 || all->heap[0]->at.ns > now.ns)
		return NULL;
	first = all->heap[0];
	deadlines_remove(all, first);
	return first;
}
