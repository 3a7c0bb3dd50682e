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
usual_calls(const struct batch *batch, struct instant now)
{
	const struct batch_options *o = &batch->lane->table->options.batch;
	int64_t linger_ns = (int64_t)o->linger_ms * NS_PER_MS;
	int64_t age_ns = now.ns - batch->parts[0].record->accepted.ns;
	uint64_t by_time = linger_ns > 0 ? (uint64_t)(age_ns / linger_ns) : 1;

	if (batch->events >= o->max_events)
		return (batch->events + o->max_events - 1) / o->max_events;
	if (by_time > batch->events)
		return batch->events;
	return by_time > 1 ? by_time : 1;
}

/* A lane counts in the second in which it last sent. */
static void
count_weight(struct call_pressure *press, struct lane *lane, int64_t second)
{
	uint64_t weight = lane->table->options.weight;

	advance(&press->weights, second);
	if (lane->pressed_at > 0 &&
	    second - (lane->pressed_at - 1) < CALL_PRESSURE_SECONDS)
		press->weights
		    .in[(lane->pressed_at - 1) % CALL_PRESSURE_SECONDS] -=
		    (uint32_t)weight;
	add(&press->weights, second, weight);
	lane->pressed_at = second + 1;
}

void
call_pressure_sent(
    struct call_pressure *press, const struct batch *batch, struct instant now)
{
	struct lane *lane = batch->lane;
	int64_t second = now.ns / NS_PER_S;
	uint64_t calls = usual_calls(batch, now);

	count_weight(press, lane, second);
	add(&lane->pressed, second, calls);
	add(&press->all, second, calls);
}

bool
call_pressure_bursts(
    struct call_pressure *press, struct lane *lane, struct instant now)
{
	int64_t second = now.ns / NS_PER_S;
	uint64_t half = press->limit / 2;

	if (lane->table == NULL || sum(&press->all, second) <= half)
		return false;
	return sum(&lane->pressed, second) * sum(&press->weights, second) >
	       half * lane->table->options.weight;
}
