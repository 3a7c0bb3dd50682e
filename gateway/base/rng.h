/*
 * rng - random numbers for jitter and for names that must differ; never for
 * secrets.
 *
 * SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): one addition and a mix a
 * number, a period of 2^64, and equal seeds give equal numbers, so a test
 * repeats what it saw.
 */
#ifndef GATEWAY_BASE_RNG_H
#define GATEWAY_BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state; /* any value is a good seed */
};

/* Of the kernel's; of the clock's when the kernel has none yet. */
struct rng rng_seeded(void);
uint64_t rng_next(struct rng *rng);

#endif
