#include "gateway/scheduler/rate_control.h"

#define MINUTE_MS   60000
#define MINUTE_NS   (MINUTE_MS * NS_PER_MS)
#define PROBE_PART  100  /* of the calls, one in so many */
#define PROBE_DEPTH 1000 /* the bucket holds so much of a minute's calls */
#define RAMP_MS     10000
#define TRUST_NS    (10 * MINUTE_NS)
#define LEFT_MOST_NS                                                           \
	MINUTE_NS /* no minute is longer, whatever RateLimit-Reset says */
#define TRUST_LEAST_NS (10 * NS_PER_MS)

struct rate_control
rate_control_make(struct budget *budget, struct instant now)
{
	int64_t limit = (int64_t)budget_view(budget, 0).limit;
	int64_t depth = limit / PROBE_DEPTH;

	return (struct rate_control){
		.budget = budget,
		.limit = limit,
		.probes = token_bucket_make(
		    limit, depth > 0 ? depth : 1, PROBE_PART * MINUTE_NS, now),
	};
}

/*
 * The rate begins at a tenth and rises evenly, so what passes in `ms` is what
 * the full rate lets pass in ms / 10 + 9 ms^2 / (20 RAMP_MS).
 */
static int64_t
full_rate_ms(int64_t ms)
{
	return ms / 10 + 9 * ms * ms / (20 * RAMP_MS);
}

/* One call more than the ramp allows, so that the first goes at once. */
static int64_t
ramp_wait(struct rate_control *rate, struct instant now)
{
	int64_t ms = (now.ns - rate->ramp_start.ns) / NS_PER_MS, missing_ms;

	if (!rate->ramping)
		return 0;
	if (ms >= RAMP_MS)
		return rate->ramping = false;
	if (ms < 0)
		return rate->ramp_start.ns - now.ns;
	missing_ms =
	    rate->ramp_calls * MINUTE_MS / rate->limit - full_rate_ms(ms);
	if (missing_ms < 0 || rate->ramp_calls == 0)
		return 0;
	/* At the present rate; the caller asks again. */
	missing_ms = (missing_ms + 1) * 10 * RAMP_MS / (RAMP_MS + 9 * ms);
	if (missing_ms > RAMP_MS - ms)
		missing_ms = RAMP_MS - ms;
	return missing_ms * NS_PER_MS;
}

static int64_t
left_wait(struct rate_control *rate, struct instant now)
{
	if (!rate->left_known || rate->left > 0)
		return 0;
	if (now.ns < rate->left_until.ns)
		return rate->left_until.ns - now.ns;
	rate->left_known = false;
	return 0;
}

int64_t
rate_control_spend(struct rate_control *rate, uint64_t bytes,
    struct instant now, int64_t wall_ms)
{
	int64_t wait_ns = left_wait(rate, now), ramp_ns = ramp_wait(rate, now);

	if (ramp_ns > wait_ns)
		wait_ns = ramp_ns;
	if (wait_ns == 0)
		wait_ns = budget_spend(rate->budget, bytes, now, wall_ms);
	if (wait_ns > 0)
		return wait_ns;
	rate->ramp_calls++;
	rate->left--;
	return 0;
}

int64_t
rate_control_spend_probe(struct rate_control *rate, struct instant now)
{
	return token_bucket_spend(&rate->probes, 1, now);
}

void
rate_control_answered(struct rate_control *rate,
    const struct upstream_answer *answer, size_t in_flight, struct instant now)
{
	int64_t reset_ns = answer->reset_ms * NS_PER_MS;

	if (now.ns >= rate->trusted_until.ns) {
		rate->left_known = false;
		return;
	}
	if (answer->end != UPSTREAM_ANSWERED || answer->remaining < 0 ||
	    answer->reset_ms < 0)
		return;
	if (answer->reset_ms > MINUTE_MS)
		reset_ns = LEFT_MOST_NS;
	rate->left_known = true;
	rate->left = answer->remaining - (int64_t)in_flight;
	rate->left_until.ns =
	    now.ns + (reset_ns > 0 ? reset_ns : TRUST_LEAST_NS);
}

void
rate_control_over_limit(
    struct rate_control *rate, struct instant opens, struct instant now)
{
	rate->over_limit++;
	rate->trusted_until.ns = now.ns + TRUST_NS;
	if (rate->ramping && opens.ns <= rate->ramp_start.ns)
		return;
	rate->ramping = true;
	rate->ramp_start = opens;
	rate->ramp_calls = 0;
}
