/*
 * heap - a binary heap of deadlines: which one is due next?
 *
 * Entries are embedded in what they belong to.  The heap is lazy: an entry
 * stays where it is while its owner's true deadline moves later, and is put
 * right when it comes up.  So a keep-alive connection that serves a thousand
 * requests a second touches the heap once in seconds.
 *
 * Ownership	entries are the caller's; the heap owns its array of pointers.
 * Errors	no memory: false, nothing changed.
 */
#ifndef GATEWAY_BASE_HEAP_H
#define GATEWAY_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/clock.h"

struct heap_entry {
	struct instant at;
	size_t place; /* 1-based in the heap; 0: not in it */
};

struct heap {
	struct heap_entry **entries;
	uint32_t count, room;
};

void heap_init(struct heap *heap);
void heap_fini(struct heap *heap);

/* Room for so many: heap_by succeeds while there are no more. */
bool heap_reserve(struct heap *heap, uint32_t members);

/* Makes sure that `entry` comes up at `at` or before. */
bool heap_by(struct heap *heap, struct heap_entry *entry, struct instant at);
void heap_remove(struct heap *heap, struct heap_entry *entry);

/* INSTANT_NEVER when there is none. */
struct instant heap_next(const struct heap *heap);

/* Takes out the first that is due at `now`; NULL: none. */
struct heap_entry *heap_take(struct heap *heap, struct instant now);

#endif
