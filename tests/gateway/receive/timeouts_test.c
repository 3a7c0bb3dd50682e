#include "gateway/receive/timeouts.h"

#include <criterion/criterion.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MS       NS_PER_MS
#define S        NS_PER_S

static const struct timeouts_limits limits = { 10 * S, 30 * S, 1024 };

static struct instant
at(int64_t ns)
{
	return (struct instant){ ns };
}

/* A client; when is its time over, if it is looked at only when told? */
static int64_t
lost_at(enum timeouts_phase phase, uint64_t first, uint64_t bytes_per_s,
    int64_t *looks_out)
{
	struct timeouts p = { .phase = phase, .since = { 100 * S } };
	struct instant now = p.since, next;

	for (*looks_out = 0; *looks_out < 1000; ++*looks_out) {
		p.bytes = first + bytes_per_s *
				      (uint64_t)((now.ns - p.since.ns) / MS) /
				      1000;
		next = timeouts_next(&limits, &p, now);
		if (next.ns <= now.ns)
			return now.ns - p.since.ns;
		now = next;
	}
	return -1;
}

/* clang-format off */
static const struct {
	const char *what;
	enum timeouts_phase phase;
	uint64_t first;		/* bytes at once */
	uint64_t bytes_per_s;	/* and then so many */
	int64_t lost;
} clients[] = {
	{ "drips its head",		TIMEOUTS_HEAD, 0,	1,	10 * S },
	{ "head is absolute",		TIMEOUTS_HEAD, 99999,	99999,	10 * S },
	{ "sends no body",		TIMEOUTS_BODY, 0,	0,	 5 * S },
	{ "drips its body",		TIMEOUTS_BODY, 0,	1,	 5 * S },
	{ "a byte too slow",		TIMEOUTS_BODY, 0,	1023,	 5 * S },
	{ "just fast enough",		TIMEOUTS_BODY, 0,	1024,	30 * S },
	{ "fast and endless",		TIMEOUTS_BODY, 0,	9999999, 30 * S },
	{ "a start, then nothing",	TIMEOUTS_BODY, 10240,	0,	11 * S },
	{ "is discarded",			TIMEOUTS_DISCARD,  0,	999,	 1 * S },
};
/* clang-format on */

Test(timeouts, end_when_they_should)
{
	for (size_t i = 0; i < COUNT(clients); i++) {
		int64_t looks, lost;

		lost = lost_at(clients[i].phase, clients[i].first,
		    clients[i].bytes_per_s, &looks);
		cr_expect_eq(lost, clients[i].lost, "%s: %lld ms",
		    clients[i].what, (long long)(lost / MS));
		cr_expect(looks < 32, "%s: looked at %lld times",
		    clients[i].what, (long long)looks);
	}
}

Test(timeouts, do_not_run_between_requests)
{
	struct timeouts p = { .phase = TIMEOUTS_NONE, .since = { 1 } };

	cr_expect_eq(
	    timeouts_next(&limits, &p, at(INT64_MAX - 1)).ns, INT64_MAX);
}

Test(timeouts, a_body_time_below_the_first_look_at_the_rate_holds)
{
	struct timeouts_limits brief = { S, 200 * MS, 1024 };
	struct timeouts p = { .phase = TIMEOUTS_BODY, .since = { S } };

	cr_expect_eq(timeouts_next(&brief, &p, at(S)).ns, S + 200 * MS);
	cr_expect_eq(
	    timeouts_next(&brief, &p, at(S + 199 * MS)).ns, S + 200 * MS);
	cr_expect(
	    timeouts_next(&brief, &p, at(S + 200 * MS)).ns <= S + 200 * MS);
}

Test(timeouts, a_gigabyte_does_not_overflow_the_rate)
{
	struct timeouts_limits fast = { S, 100000 * S, UINT64_C(10000000000) };
	struct timeouts p = { .phase = TIMEOUTS_BODY,
		.since = { 0 },
		.bytes = UINT64_C(1) << 50 };

	cr_expect(timeouts_next(&fast, &p, at(90000 * S)).ns > 90000 * S);
}
