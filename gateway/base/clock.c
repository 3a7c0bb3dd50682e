#include "gateway/base/clock.h"

#include <stdio.h>
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

void
clock_utc(int64_t wall_ms, char text[CLOCK_UTC_ROOM])
{
	int ms = (int)((wall_ms % 1000 + 1000) % 1000);
	time_t seconds = (time_t)((wall_ms - ms) / 1000);
	struct tm utc;
	size_t len;

	gmtime_r(&seconds, &utc);
	len = strftime(text, CLOCK_UTC_ROOM, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + len, CLOCK_UTC_ROOM - len, ".%03dZ", ms);
}
