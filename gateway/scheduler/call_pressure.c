#include "gateway/scheduler/call_pressure.h"

/* Forgets the seconds that have passed. */
static void
advance(struct call_pressure_count *count, int64_t second)
{
	if (second - count->second >= CALL_PRESSURE_SECONDS)
		*count = (struct call_pressure_count){ .second = second };
	for (; count->second < second; count->second++)
		count->in[(count->second + 1) % CALL_PRESSURE_SECONDS] = 0;
}

static uint64_t
sum(struct call_pressure_count *count, int64_t second)
{
	uint64_t total = 0;

	advance(count, second);
	for (int i = 0; i < CALL_PRESSURE_SECONDS; i++)
		total += count->in[i];
	return total;
}

static void
add(struct call_pressure_count *count, int64_t second, uint64_t calls)
{
	advance(count, second);
	count->in[second % CALL_PRESSURE_SECONDS] += (uint32_t)calls;
}

struct call_pressure
call_pressure_make(uint64_t calls_per_minute)
{
	return (struct call_pressure){ .limit = calls_per_minute *
						CALL_PRESSURE_SECONDS / 60 };
}

/* Calls that batches of the usual size and linger would have needed. */
static uint64_t
usual_calls(const struct batch_options *o, uint64_t events, int64_t age_ns)
{
	int64_t linger_ns = (int64_t)o->linger_ms * NS_PER_MS;
	uint64_t by_time = linger_ns > 0 ? (uint64_t)(age_ns / linger_ns) : 1;

	if (events >= o->max_events)
		return (events + o->max_events - 1) / o->max_events;
	if (by_time > events)
		return events;
	return by_time > 1 ? by_time : 1;
}

/* A lane's weight counts in the second in which it last sent. */
static void
count_weight(struct call_pressure *pressure, struct call_pressure_lane *lane,
    uint64_t weight, int64_t second)
{
	int64_t last = lane->sent_at - 1;

	advance(&pressure->weights, second);
	if (last >= 0 && second - last < CALL_PRESSURE_SECONDS)
		pressure->weights.in[last % CALL_PRESSURE_SECONDS] -=
		    (uint32_t)weight;
	add(&pressure->weights, second, weight);
	lane->sent_at = second + 1;
}

void
call_pressure_sent(struct call_pressure *pressure,
    struct call_pressure_lane *lane, const struct table_options *options,
    uint64_t events, int64_t age_ns, struct instant now)
{
	int64_t second = now.ns / NS_PER_S;
	uint64_t calls = usual_calls(&options->batch, events, age_ns);

	count_weight(pressure, lane, options->weight, second);
	add(&lane->calls, second, calls);
	add(&pressure->calls, second, calls);
}

bool
call_pressure_bursts(struct call_pressure *pressure,
    struct call_pressure_lane *lane, const struct table_options *options,
    struct instant now)
{
	int64_t second = now.ns / NS_PER_S;
	uint64_t half = pressure->limit / 2;

	if (sum(&pressure->calls, second) <= half)
		return false;
	return sum(&lane->calls, second) * sum(&pressure->weights, second) >
	       half * options->weight;
}
