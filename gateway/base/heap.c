#include "gateway/base/heap.h"

#include <stdlib.h>

#define ROOM_FIRST 64

/* heap[0] is place 1: parents and children are then place / 2 and * 2. */
static void
put(struct heap *all, size_t place, struct heap_entry *d)
{
	all->heap[place - 1] = d;
	d->place = place;
}

static struct heap_entry *
at_place(const struct heap *all, size_t place)
{
	return all->heap[place - 1];
}

static void
rise(struct heap *all, struct heap_entry *d)
{
	size_t place = d->place;

	while (place > 1 && at_place(all, place / 2)->at.ns > d->at.ns) {
		put(all, place, at_place(all, place / 2));
		place /= 2;
	}
	put(all, place, d);
}

static void
sink(struct heap *all, struct heap_entry *d)
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
heap_init(struct heap *all)
{
	*all = (struct heap){ 0 };
}

void
heap_fini(struct heap *all)
{
	free(all->heap);
	heap_init(all);
}

bool
heap_reserve(struct heap *all, size_t members)
{
	size_t room = all->room > 0 ? all->room : ROOM_FIRST;
	struct heap_entry **heap;

	if (members <= all->room)
		return true;
	while (room < members)
		room *= 2;
	heap = realloc(all->heap, room * sizeof *heap);
	if (heap == NULL)
		return false;
	all->heap = heap;
	all->room = room;
	return true;
}

bool
heap_by(struct heap *all, struct heap_entry *d, struct instant at)
{
	if (d->place != 0) {
		if (d->at.ns > at.ns) {
			d->at = at;
			rise(all, d);
		}
		return true;
	}
	if (!heap_reserve(all, all->count + 1))
		return false;
	d->at = at;
	put(all, ++all->count, d);
	rise(all, d);
	return true;
}

void
heap_remove(struct heap *all, struct heap_entry *d)
{
	size_t place = d->place;
	struct heap_entry *last;

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
heap_next(const struct heap *all)
{
	return all->count > 0 ? all->heap[0]->at : INSTANT_NEVER;
}

struct heap_entry *
heap_take(struct heap *all, struct instant now)
{
	struct heap_entry *first;

	if (all->count == 0 || all->heap[0]->at.ns > now.ns)
		return NULL;
	first = all->heap[0];
	heap_remove(all, first);
	return first;
}
