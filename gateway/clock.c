#include "gateway/clock.h"

#include <time.h>

static int64_t
read_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

struct instant
clock_now(void)
{
	return (struct instant){ read_ns(CLOCK_MONOTONIC) };
}

int64_t
clock_wall_ms(void)
{
	return read_ns(CLOCK_REALTIME) / NS_PER_MS;
}
