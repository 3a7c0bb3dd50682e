/*
 * counter - a number that one thread adds to and others may read.
 *
 * Only its own thread writes, so adding needs no locked instruction: a load
 * and a store that no reader can see torn.  Two counters are read at two
 * moments; numbers that must fit together are copied by their owner instead
 * (registry.h).  Zeroed is 0.
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
