#include "gateway/base/heap.h"

#include <stdlib.h>

#include "gateway/base/array.h"

/* entries[0] is place 1: parents and children are then place / 2 and * 2. */
static void
put(struct heap *heap, size_t place, struct heap_entry *entry)
{
	heap->entries[place - 1] = entry;
	entry->place = place;
}

static struct heap_entry *
at_place(const struct heap *heap, size_t place)
{
	return heap->entries[place - 1];
}

static void
rise(struct heap *heap, struct heap_entry *entry)
{
	size_t place = entry->place;

	while (place > 1 && at_place(heap, place / 2)->at.ns > entry->at.ns) {
		put(heap, place, at_place(heap, place / 2));
		place /= 2;
	}
	put(heap, place, entry);
}

static void
sink(struct heap *heap, struct heap_entry *entry)
{
	size_t place = entry->place, child;

	while ((child = place * 2) <= heap->count) {
		if (child < heap->count && at_place(heap, child + 1)->at.ns <
					       at_place(heap, child)->at.ns)
			child++;
		if (at_place(heap, child)->at.ns >= entry->at.ns)
			break;
		put(heap, place, at_place(heap, child));
		place = child;
	}
	put(heap, place, entry);
}

void
heap_init(struct heap *heap)
{
	*heap = (struct heap){ 0 };
}

void
heap_fini(struct heap *heap)
{
	free(heap->entries);
	heap_init(heap);
}

bool
heap_reserve(struct heap *heap, uint32_t members)
{
	return array_reserve(
	    &heap->entries, &heap->room, members, sizeof *heap->entries);
}

bool
heap_by(struct heap *heap, struct heap_entry *entry, struct instant at)
{
	if (entry->place != 0) {
		if (entry->at.ns > at.ns) {
			entry->at = at;
			rise(heap, entry);
		}
		return true;
	}
	if (!heap_reserve(heap, heap->count + 1))
		return false;
	entry->at = at;
	put(heap, ++heap->count, entry);
	rise(heap, entry);
	return true;
}

void
heap_remove(struct heap *heap, struct heap_entry *entry)
{
	size_t place = entry->place;
	struct heap_entry *last;

	if (place == 0)
		return;
	last = at_place(heap, heap->count--);
	entry->place = 0;
	if (last == entry)
		return;
	put(heap, place, last);
	rise(heap, last);
	sink(heap, last);
}

struct instant
heap_next(const struct heap *heap)
{
	return heap->count > 0 ? heap->entries[0]->at : INSTANT_NEVER;
}

struct heap_entry *
heap_take(struct heap *heap, struct instant now)
{
	struct heap_entry *first;

	if (heap->count == 0 || heap->entries[0]->at.ns > now.ns)
		return NULL;
	first = heap->entries[0];
	heap_remove(heap, first);
	return first;
}
