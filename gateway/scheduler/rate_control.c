#include "gateway/scheduler/rate_control.h"

#define MINUTE_MS     60000
#define MINUTE_NS     (MINUTE_MS * NS_PER_MS)
#define PROBE_PART    100  /* of the calls, one in so many */
#define PROBE_DEPTH   1000 /* of what that is in its window, a part */
#define RISE_MS       10000
#define HEED_NS       (10 * MINUTE_NS)
#define LEFT_MOST_NS  MINUTE_NS /* no minute is longer, whatever it says */
#define HEED_LEAST_NS (10 * NS_PER_MS)

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
 * The rate is a tenth and rises evenly, so what has passed `ms` after the start
 * is what the full rate lets pass in ms / 10 + 9 ms^2 / (20 RISE_MS).
 */
static int64_t
full_ms(int64_t ms)
{
	return ms / 10 + 9 * ms * ms / (20 * RISE_MS);
}

/* One call more than has been regained, so that the first goes at once. */
static int64_t
rise_wait(struct rate_control *pace, struct instant now)
{
	int64_t ms = (now.ns - pace->rises_from.ns) / NS_PER_MS, missing_ms;

	if (!pace->rising)
		return 0;
	if (ms >= RISE_MS)
		return pace->rising = false;
	if (ms < 0)
		return pace->rises_from.ns - now.ns;
	missing_ms = pace->risen_calls * MINUTE_MS / pace->limit - full_ms(ms);
	if (missing_ms < 0 || pace->risen_calls == 0)
		return 0;
	/* At the present rate; it will be asked again. */
	missing_ms = (missing_ms + 1) * 10 * RISE_MS / (RISE_MS + 9 * ms);
	if (missing_ms > RISE_MS - ms)
		missing_ms = RISE_MS - ms;
	return missing_ms * NS_PER_MS;
}

static int64_t
left_wait(struct rate_control *pace, struct instant now)
{
	if (!pace->told_left || pace->left > 0)
		return 0;
	if (now.ns < pace->left_until.ns)
		return pace->left_until.ns - now.ns;
	pace->told_left = false;
	return 0;
}

int64_t
rate_control_spend(struct rate_control *pace, uint64_t bytes,
    struct instant now, int64_t wall_ms)
{
	int64_t wait_ns = left_wait(pace, now), rise_ns = rise_wait(pace, now);

	if (rise_ns > wait_ns)
		wait_ns = rise_ns;
	if (wait_ns == 0)
		wait_ns = budget_spend(pace->budget, bytes, now, wall_ms);
	if (wait_ns > 0)
		return wait_ns;
	pace->risen_calls++;
	pace->left--;
	return 0;
}

int64_t
rate_control_spend_probe(struct rate_control *pace, struct instant now)
{
	return token_bucket_spend(&pace->probes, 1, now);
}

void
rate_control_answered(struct rate_control *pace,
    const struct upstream_answer *answer, size_t in_flight, struct instant now)
{
	int64_t reset_ns = answer->reset_ms * NS_PER_MS;

	if (now.ns >= pace->heeds_until.ns) {
		pace->told_left = false;
		return;
	}
	if (answer->end != UPSTREAM_ANSWERED || answer->remaining < 0 ||
	    answer->reset_ms < 0)
		return;
	if (answer->reset_ms > MINUTE_MS)
		reset_ns = LEFT_MOST_NS;
	pace->told_left = true;
	pace->left = answer->remaining - (int64_t)in_flight;
	pace->left_until.ns =
	    now.ns + (reset_ns > 0 ? reset_ns : HEED_LEAST_NS);
}

void
rate_control_over_limit(
    struct rate_control *pace, struct instant opens, struct instant now)
{
	pace->over_limit++;
	pace->heeds_until.ns = now.ns + HEED_NS;
	if (pace->rising && opens.ns <= pace->rises_from.ns)
		return;
	pace->rising = true;
	pace->rises_from = opens;
	pace->risen_calls = 0;
}
