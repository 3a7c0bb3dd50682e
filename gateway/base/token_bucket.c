#include "gateway/base/token_bucket.h"

#include <assert.h>

struct token_bucket
token_bucket_make(
    int64_t limit, int64_t depth, int64_t window_ns, struct instant now)
{
	assert(depth >= 1 && depth <= limit && limit < INT64_MAX);
	assert(window_ns >= 1 && depth < INT64_MAX / (window_ns + 1));

	return (struct token_bucket){
		.regain = limit + 1 - depth,
		.period_ns = window_ns + 1,
		.full = depth * (window_ns + 1),
		.seen = now,
	};
}

static int64_t
divide_up(int64_t a, int64_t b)
{
	return a / b + (a % b != 0);
}

static void
regain(struct token_bucket *b, struct instant now)
{
	int64_t elapsed_ns = now.ns - b->seen.ns;

	if (elapsed_ns <= 0)
		return;
	b->seen = now;

	/* Never multiplies what could overflow: a long idle time is "full". */
	if (elapsed_ns >= divide_up(b->full - b->level, b->regain))
		b->level = b->full;
	else
		b->level += elapsed_ns * b->regain;
}

int64_t
token_bucket_wait(struct token_bucket *b, int64_t n, struct instant now)
{
	int64_t missing;

	assert(n >= 1 && n <= b->full / b->period_ns);
	regain(b, now);
	missing = n * b->period_ns - b->level;
	if (missing <= 0)
		return 0;
	return divide_up(missing, b->regain) + (b->seen.ns - now.ns);
}

int64_t
token_bucket_spend(struct token_bucket *b, int64_t n, struct instant now)
{
	int64_t wait_ns = token_bucket_wait(b, n, now);

	if (wait_ns == 0)
		b->level -= n * b->period_ns;
	return wait_ns;
}
