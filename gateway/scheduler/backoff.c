#include "gateway/scheduler/backoff.h"

#include <assert.h>

#include "gateway/base/clock.h"

#define NAMED_MAX_MS INT64_C(300000)

const struct backoff backoff_later = { NS_PER_S / 2, 60 * NS_PER_S, 1 };
const struct backoff backoff_hold = { 30 * NS_PER_S, 600 * NS_PER_S, 4 };

int64_t
backoff_ns(const struct backoff *backoff, uint32_t attempt, uint32_t jitter)
{
	int64_t ceiling = backoff->first_ns, drawn;

	assert(attempt >= 1);
	while (--attempt > 0 && ceiling < backoff->max_ns)
		ceiling *= 2;
	if (ceiling > backoff->max_ns)
		ceiling = backoff->max_ns;

	/* At most 600e9 * 2^32: fits only in parts, so microseconds. */
	drawn = ceiling / backoff->jitter_part / 1000;
	drawn = (int64_t)((uint64_t)drawn * jitter >> 32) * 1000;
	return ceiling - drawn;
}

int64_t
backoff_named_ns(int64_t named_ms)
{
	if (named_ms <= 0)
		return 0;
	return (named_ms < NAMED_MAX_MS ? named_ms : NAMED_MAX_MS) * NS_PER_MS;
}
