#include "gateway/scheduler/backoff.h"

#include <assert.h>

#include "gateway/base/clock.h"

#define TOLD_MOST_MS INT64_C(300000)

const struct backoff backoff_later = { NS_PER_S / 2, 60 * NS_PER_S, 1 };
const struct backoff backoff_hold = { 30 * NS_PER_S, 600 * NS_PER_S, 4 };

int64_t
backoff_ns(const struct backoff *backoff, uint32_t attempt, uint32_t chance)
{
	int64_t ceiling = backoff->first_ns, drawn;

	assert(attempt >= 1);
	while (--attempt > 0 && ceiling < backoff->most_ns)
		ceiling *= 2;
	if (ceiling > backoff->most_ns)
		ceiling = backoff->most_ns;

	/* At most 600e9 * 2^32: fits only in parts, so microseconds. */
	drawn = ceiling / backoff->chance_part / 1000;
	drawn = (int64_t)((uint64_t)drawn * chance >> 32) * 1000;
	return ceiling - drawn;
}

int64_t
backoff_told_ns(int64_t told_ms)
{
	if (told_ms <= 0)
		return 0;
	return (told_ms < TOLD_MOST_MS ? told_ms : TOLD_MOST_MS) * NS_PER_MS;
}
