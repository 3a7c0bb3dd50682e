/*
 * The promise of token_bucket.h held against a count by brute force: all instants at
 * which units passed, and the fullest closed window over them.
 *
 *	BUCKET_SCHEDULES	how many random schedules (1,000,000)
 *	BUCKET_SEED		where they start (1); told on failure
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "gateway/base/token_bucket.h"

#define MINUTE_NS (60 * NS_PER_S)
#define SPENDS    64

struct spends {
	int64_t at_ns[SPENDS];
	int64_t units[SPENDS];
	size_t count;
};

static uint64_t
random_next(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* 0..below-1 */
static int64_t
random_below(uint64_t *state, int64_t below)
{
	return (int64_t)(random_next(state) % (uint64_t)below);
}

/* 1..most, every size of number as likely as another */
static int64_t
random_scale(uint64_t *state, int64_t most)
{
	int64_t top = most;

	for (int64_t i = random_below(state, 24); i > 0 && top > 1; i--)
		top /= 2;
	return 1 + random_below(state, top);
}

static int64_t
fullest_window(const struct spends *s, int64_t window_ns)
{
	int64_t sum = 0, most = 0;
	size_t first = 0;

	for (size_t last = 0; last < s->count; last++) {
		sum += s->units[last];
		while (s->at_ns[last] - s->at_ns[first] > window_ns)
			sum -= s->units[first++];
		if (sum > most)
			most = sum;
	}
	return most;
}

enum pattern { GREEDY, BURST, POLLING, IDLE_THEN_BURST, PATTERNS };

static int64_t
step_ns(enum pattern p, uint64_t *random, int64_t wait_ns, int64_t window_ns)
{
	switch (p) {
	case GREEDY:
		return wait_ns;
	case BURST:
		return random_below(random, 4)
			   ? wait_ns
			   : random_below(random, window_ns);
	case POLLING:
		return random_below(random, window_ns / 8 + 1);
	default:
		return random_below(random, 16) ? wait_ns : 3 * window_ns;
	}
}

/*
 * One schedule.  `chunk` units at a time, so that a limit of ten million fills
 * its window with a few dozen spends; sometimes a restart, or time goes back.
 */
static void
play(struct spends *s, uint64_t *random, int64_t limit, int64_t depth,
    int64_t window_ns)
{
	enum pattern p = (enum pattern)random_below(random, PATTERNS);
	int64_t restart = random_below(random, 3) ? 0 : 8, wait_ns, units;
	struct instant now = { random_below(random, INT64_C(1) << 50) };
	struct token_bucket b = token_bucket_make(limit, depth, window_ns, now);

	s->count = 0;
	for (int step = 0; step < 2 * SPENDS && s->count < SPENDS; step++) {
		if (restart && random_below(random, restart) == 0)
			b = token_bucket_make(limit, depth, window_ns, now);
		units = p == GREEDY ? (depth + 7) / 8
				    : 1 + random_below(random, depth);
		wait_ns = token_bucket_spend(&b, units, now);
		if (wait_ns == 0) {
			s->at_ns[s->count] = now.ns;
			s->units[s->count++] = units;
			continue;
		}
		(void)token_bucket_wait(&b, 1, (struct instant){ now.ns - 5 });
		now.ns += step_ns(p, random, wait_ns, window_ns);
	}
}

static int64_t
setting(const char *name, int64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

Test(bucket, no_window_of_a_minute_exceeds_the_limit, .timeout = 600)
{
	int64_t schedules = setting("BUCKET_SCHEDULES", 1000000);
	int64_t seed = setting("BUCKET_SEED", 1), fullest, reached = 0;
	struct spends s;

	for (int64_t i = seed; i < seed + schedules; i++) {
		uint64_t random = (uint64_t)i << 20;
		int64_t limit = random_scale(&random, 10000000);
		int64_t depth = limit / 50 > 0 ? limit / 50 : 1;

		play(&s, &random, limit, depth, MINUTE_NS);
		fullest = fullest_window(&s, MINUTE_NS);
		cr_assert_leq(fullest, limit, "BUCKET_SEED=%ld: limit %ld",
		    (long)i, (long)limit);
		reached += fullest >= limit - limit / 10;
	}
	/* A bucket that passes nothing would pass the above as well. */
	cr_assert_gt(reached, schedules / 10, "%ld", (long)reached);
}

Test(bucket, no_window_of_a_second_exceeds_the_bytes, .timeout = 600)
{
	int64_t schedules = setting("BUCKET_SCHEDULES", 1000000) / 10;
	int64_t seed = setting("BUCKET_SEED", 1);
	struct spends s;

	for (int64_t i = seed; i < seed + schedules; i++) {
		uint64_t random = (uint64_t)i << 20 | 1;
		int64_t limit = 2 + random_scale(&random, 5000000000);
		int64_t largest = random_scale(&random, limit / 2);
		int64_t depth = limit / 20 > largest ? limit / 20 : largest;

		play(&s, &random, limit, depth, NS_PER_S);
		cr_assert_leq(fullest_window(&s, NS_PER_S), limit,
		    "BUCKET_SEED=%ld: limit %ld depth %ld", (long)i,
		    (long)limit, (long)depth);
	}
}

Test(bucket, a_greedy_caller_gets_nearly_all_of_the_limit)
{
	static const int64_t limits[] = { 1, 2, 3, 10, 49, 50, 51, 99, 100, 600,
		1389, 83334, 10000000 };

	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		int64_t limit = limits[i];
		int64_t depth = limit / 50 > 0 ? limit / 50 : 1;
		int64_t units = (depth + 15) / 16, passed = 0, wait_ns;
		struct instant now = { 12345 };
		int64_t end_ns = now.ns + 20 * MINUTE_NS + 20;
		struct token_bucket b =
		    token_bucket_make(limit, depth, MINUTE_NS, now);

		while (now.ns <= end_ns) {
			wait_ns = token_bucket_spend(&b, units, now);
			if (wait_ns == 0)
				passed += units;
			now.ns += wait_ns;
		}
		cr_expect_geq(passed + units - 1, 20 * limit * 97 / 100,
		    "limit %ld: %ld passed", (long)limit, (long)passed);
		cr_expect_leq(passed, 20 * limit, "limit %ld", (long)limit);
	}
}

Test(bucket, the_wait_it_names_is_exact)
{
	uint64_t random = 7;

	for (int round = 0; round < 20000; round++) {
		int64_t limit = random_scale(&random, 10000000);
		int64_t depth = limit / 50 > 0 ? limit / 50 : 1, n, wait_ns;
		struct instant now = { 1 };
		struct token_bucket b = token_bucket_make(
					limit, depth, MINUTE_NS, now),
				    early;

		for (int i = 0; i < 20; i++) {
			n = 1 + random_below(&random, depth);
			wait_ns = token_bucket_spend(&b, n, now);
			if (wait_ns == 0)
				continue;
			early = b;
			now.ns += wait_ns - 1;
			cr_assert_eq(token_bucket_spend(&early, n, now), 1,
			    "limit %ld", (long)limit);
			now.ns += 1;
			cr_assert_eq(token_bucket_spend(&b, n, now), 0,
			    "limit %ld", (long)limit);
		}
	}
}

Test(bucket, starts_empty_and_is_full_after_a_long_time)
{
	struct token_bucket b =
	    token_bucket_make(100, 2, MINUTE_NS, (struct instant){ 0 });
	struct instant late = { INT64_C(1) << 62 };

	cr_expect_gt(token_bucket_wait(&b, 1, (struct instant){ 0 }), 0);
	cr_expect_eq(token_bucket_spend(&b, 2, late), 0);
	cr_expect_gt(token_bucket_wait(&b, 1, late), 0, "not over-full");
}

Test(bucket, time_that_goes_back_regains_nothing)
{
	struct instant later = { 2 * MINUTE_NS }, before = { MINUTE_NS };
	struct token_bucket b =
	    token_bucket_make(1, 1, MINUTE_NS, (struct instant){ 0 });
	int64_t wait_ns;

	cr_assert_eq(token_bucket_spend(&b, 1, later), 0);
	wait_ns = token_bucket_spend(&b, 1, before);
	cr_expect_eq(before.ns + wait_ns, later.ns + MINUTE_NS + 1);
	before.ns += wait_ns - 1;
	cr_expect_eq(token_bucket_spend(&b, 1, before), 1);
	before.ns += 1;
	cr_expect_eq(token_bucket_spend(&b, 1, before), 0);
}
