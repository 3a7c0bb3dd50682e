#include "tests/sim/moment.h"

#include <time.h>

#define NS_PER_MS 1000000

static int64_t
read_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * MS_PER_S + t.tv_nsec / NS_PER_MS;
}

struct moment
moment_now(int64_t ahead_ms)
{
	return (struct moment){
		.wall_ms = read_ms(CLOCK_REALTIME) + ahead_ms,
		.mono_ms = read_ms(CLOCK_MONOTONIC),
	};
}
