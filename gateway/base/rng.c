#include "gateway/base/rng.h"

#include <sys/random.h>

#include "gateway/base/clock.h"

struct rng
rng_seeded(void)
{
	struct rng rng;

	if (getrandom(&rng.state, sizeof rng.state, GRND_NONBLOCK) !=
	    sizeof rng.state)
		rng.state = (uint64_t)clock_now().ns;
	return rng;
}

uint64_t
rng_next(struct rng *rng)
{
	uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}
