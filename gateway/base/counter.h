/*
 * counter - a number that one thread counts up and others may read.
 *
 * The writer's own thread is the only one that writes, so adding needs no
 * locked instruction: a load and a store that no reader can see torn.  Readers
 * see each counter as of some moment lately, and two of them as of two moments;
 * what must fit together is copied by its owner instead (registry.h).
 *
 * Units	whatever is counted.
 * Ownership	a plain value; zeroed is 0.
 * Threads	one writes, any read.
 * Errors	none.
 */
#ifndef GATEWAY_BASE_COUNTER_H
#define GATEWAY_BASE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

struct counter {
	atomic_uint_fast64_t count;
};

static inline uint64_t
counter_read(const struct counter *counter)
{
	return atomic_load_explicit(&counter->count, memory_order_relaxed);
}

static inline void
counter_add(struct counter *counter, uint64_t n)
{
	atomic_store_explicit(
	    &counter->count, counter_read(counter) + n, memory_order_relaxed);
}

#endif
