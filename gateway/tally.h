/*
 * tally - a number that one thread counts up and others may read.
 *
 * The writer's own thread is the only one that writes, so adding needs no
 * locked instruction: a load and a store that no reader can see torn.  Readers
 * see each tally as of some moment lately, and two of them as of two moments;
 * what must fit together is copied by its owner instead (account.h).
 *
 * Units	whatever is counted.
 * Ownership	a plain value; zeroed is 0.
 * Threads	one writes, any read.
 * Errors	none.
 */
#ifndef GATEWAY_TALLY_H
#define GATEWAY_TALLY_H

#include <stdatomic.h>
#include <stdint.h>

struct tally {
	atomic_uint_fast64_t count;
};

static inline uint64_t
tally_read(const struct tally *tally)
{
	return atomic_load_explicit(&tally->count, memory_order_relaxed);
}

static inline void
tally_add(struct tally *tally, uint64_t n)
{
	atomic_store_explicit(
	    &tally->count, tally_read(tally) + n, memory_order_relaxed);
}

#endif
