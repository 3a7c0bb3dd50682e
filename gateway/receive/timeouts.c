#include "gateway/receive/timeouts.h"

/* Not before: TCP begins slowly. */
#define RATE_AFTER_NS (5 * NS_PER_S)
#define RATE_EVERY_NS (1 * NS_PER_S)

/* Long enough for an answer to cross the world and be read. */
#define DISCARD_NS (1 * NS_PER_S)

static bool
too_slow(const struct timeouts_limits *limits, uint64_t bytes, int64_t ns)
{
	/* In milliseconds, so that a body of gigabytes does not overflow. */
	return bytes * 1000 < limits->bytes_per_s * (uint64_t)(ns / NS_PER_MS);
}

static struct instant
next_for_body(const struct timeouts_limits *limits, const struct timeouts *t,
    struct instant now)
{
	int64_t spent = now.ns - t->since.ns;
	int64_t look = RATE_AFTER_NS;

	if (spent >= limits->body_ns)
		return now;
	if (spent >= RATE_AFTER_NS) {
		if (too_slow(limits, t->bytes, spent))
			return now;
		look = spent + RATE_EVERY_NS;
	}
	if (look > limits->body_ns)
		look = limits->body_ns;
	return (struct instant){ t->since.ns + look };
}

struct instant
timeouts_next(const struct timeouts_limits *limits, const struct timeouts *t,
    struct instant now)
{
	switch (t->phase) {
	case TIMEOUTS_HEAD:
		return (struct instant){ t->since.ns + limits->head_ns };
	case TIMEOUTS_BODY:
		return next_for_body(limits, t, now);
	case TIMEOUTS_DISCARD:
		return (struct instant){ t->since.ns + DISCARD_NS };
	case TIMEOUTS_NONE:
		break;
	}
	return INSTANT_NEVER;
}
