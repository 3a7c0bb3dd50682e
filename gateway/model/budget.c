#include "gateway/model/budget.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "gateway/base/token_bucket.h"

#define CALLS_WINDOW_NS (60 * NS_PER_S)
#define BYTES_WINDOW_NS NS_PER_S
#define MS_PER_MINUTE   60000

/* Shallow: 2 % of the calls, 5 % of the bytes; so much a window can't use. */
#define CALLS_DEPTH_PART 50
#define BYTES_DEPTH_PART 20

/* Depth times window must fit the bucket; no organization comes near. */
#define CALLS_MAX UINT64_C(1000000000)
#define BYTES_MAX UINT64_C(10000000000)

struct budget {
	struct token_bucket calls;
	struct token_bucket bytes;
	uint64_t limit;
	uint64_t bytes_per_second;

	/*
	 * For other threads: calls spent in one calendar minute, and which
	 * minute that was (its low 32 bits), in one word so that no reader sees
	 * the one without the other.
	 */
	atomic_uint_fast64_t published;
};

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool
shares_check(uint64_t calls, uint64_t bytes, uint64_t largest_call_bytes,
    struct err *err)
{
	if (calls < 1 || calls > CALLS_MAX)
		return err_set(err, ERR_INPUT, 0,
		    "budget: a share of %llu calls a minute: must be 1 to %llu",
		    (unsigned long long)calls, (unsigned long long)CALLS_MAX);
	if (bytes > BYTES_MAX || bytes / 2 < largest_call_bytes)
		return err_set(err, ERR_INPUT, 0,
		    "budget: a share of %llu bytes a second: must be at least "
		    "twice the largest batch (%llu), at most %llu",
		    (unsigned long long)bytes,
		    (unsigned long long)largest_call_bytes,
		    (unsigned long long)BYTES_MAX);
	return true;
}

bool
budget_open(struct budget **out, const struct budget_options *options,
    uint64_t largest_call_bytes, struct instant now, struct err *err)
{
	struct budget *budget;
	int64_t calls, bytes;

	if (options->replicas < 1)
		return err_set(
		    err, ERR_INPUT, 0, "budget: replicas must be 1 or more");
	calls = (int64_t)(options->calls_per_minute / options->replicas);
	bytes = (int64_t)(options->bytes_per_second / options->replicas);
	if (!shares_check(
		(uint64_t)calls, (uint64_t)bytes, largest_call_bytes, err))
		return false;

	budget = malloc(sizeof *budget);
	if (budget == NULL)
		return err_set(err, ERR_HOST, 0, "budget: out of memory");
	*budget = (struct budget){
		.calls = token_bucket_make(calls,
		    larger(1, calls / CALLS_DEPTH_PART), CALLS_WINDOW_NS, now),
		.bytes = token_bucket_make(bytes,
		    larger((int64_t)largest_call_bytes,
			larger(1, bytes / BYTES_DEPTH_PART)),
		    BYTES_WINDOW_NS, now),
		.limit = (uint64_t)calls,
		.bytes_per_second = (uint64_t)bytes,
	};
	atomic_init(&budget->published, 0);
	*out = budget;
	return true;
}

void
budget_close(struct budget **budget)
{
	free(*budget);
	*budget = NULL;
}

/* Whole minutes, also before 1970: a clock may be that wrong. */
static uint32_t
minute_of(int64_t wall_ms)
{
	int64_t minute = wall_ms / MS_PER_MINUTE;

	return (uint32_t)(minute - (wall_ms % MS_PER_MINUTE < 0));
}

static uint32_t
used_in(uint64_t published, uint32_t minute)
{
	return published >> 32 == minute ? (uint32_t)published : 0;
}

static void
publish(struct budget *budget, int64_t wall_ms)
{
	uint32_t minute = minute_of(wall_ms);
	uint64_t was =
	    atomic_load_explicit(&budget->published, memory_order_relaxed);
	uint64_t now = (uint64_t)minute << 32 | (used_in(was, minute) + 1);

	atomic_store_explicit(&budget->published, now, memory_order_relaxed);
}

int64_t
budget_spend(
    struct budget *budget, uint64_t bytes, struct instant now, int64_t wall_ms)
{
	int64_t wait_ns;

	wait_ns = larger(token_bucket_wait(&budget->calls, 1, now),
	    token_bucket_wait(&budget->bytes, (int64_t)bytes, now));
	if (wait_ns > 0)
		return wait_ns;
	wait_ns = token_bucket_spend(&budget->calls, 1, now) +
		  token_bucket_spend(&budget->bytes, (int64_t)bytes, now);
	assert(wait_ns == 0);
	publish(budget, wall_ms);
	return 0;
}

struct budget_view
budget_view(const struct budget *budget, int64_t wall_ms)
{
	uint64_t published =
	    atomic_load_explicit(&budget->published, memory_order_relaxed);
	uint64_t used = used_in(published, minute_of(wall_ms));
	int64_t into_ms = wall_ms % MS_PER_MINUTE;

	if (into_ms < 0)
		into_ms += MS_PER_MINUTE;
	return (struct budget_view){
		.limit = budget->limit,
		.remaining = used < budget->limit ? budget->limit - used : 0,
		.bytes_per_second = budget->bytes_per_second,
		.reset_s = (uint32_t)((MS_PER_MINUTE - into_ms + 999) / 1000),
	};
}
