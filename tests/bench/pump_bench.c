/*
 * pump_bench - CPU of the pump's side for an event, without the sending.
 *
 *	bench_pump [EVENTS [TABLES [EVENTS-A-RECORD]]]
 *
 * Records stand in the real spool; the upstream answers 200 from memory.  Timed
 * is all that the pump does with them: take, queue, cut, copy, pay, settle,
 * free.  Time is virtual, so that nothing waits for the budget.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/scheduler/pump.h"

#define LINE_BYTES 230
#define ROUND      60000 /* events posted before the pump turns */
#define PLACES     256

struct echo {
	struct upstream upstream;
	struct instant now;
	struct upstream_answer answers[PLACES];
	size_t count;
	uint64_t calls, events, bytes;
};

static struct instant
echo_now(struct upstream *upstream)
{
	return ((struct echo *)upstream)->now;
}

static int64_t
echo_wall_ms(struct upstream *upstream)
{
	return ((struct echo *)upstream)->now.ns / NS_PER_MS;
}

static bool
echo_ready(struct upstream *upstream)
{
	return upstream != NULL;
}

static void
echo_submit(struct upstream *upstream, const struct upstream_call *call)
{
	struct echo *echo = (struct echo *)upstream;

	echo->answers[echo->count++] = (struct upstream_answer){
		.cookie = call->cookie,
		.status = 200,
		.retry_after_ms = -1,
		.reset_ms = -1,
	};
	echo->calls++;
	echo->events += call->events;
	echo->bytes += call->bytes;
}

static size_t
echo_answers(
    struct upstream *upstream, struct upstream_answer *out, size_t room)
{
	struct echo *echo = (struct echo *)upstream;
	size_t count = 0;

	while (count < room && echo->count > 0)
		out[count++] = echo->answers[--echo->count];
	return count;
}

static void
echo_wait(struct upstream *upstream, const int *fds, size_t count,
    struct instant deadline)
{
	(void)upstream, (void)fds, (void)count, (void)deadline;
}

static const struct upstream_ops ops = {
	.now = echo_now,
	.wall_ms = echo_wall_ms,
	.ready = echo_ready,
	.submit = echo_submit,
	.answers = echo_answers,
	.wait = echo_wait,
};

static struct tables *tables;
static struct spool *spool;

static void
post(struct instant now, uint32_t table, uint32_t events)
{
	struct record *record = record_new(events * LINE_BYTES);
	bool ring = false;
	char name[16];
	int length = snprintf(name, sizeof name, "t%u", table);

	if (record == NULL ||
	    tables_find(tables, (struct span){ name, (size_t)length }, now,
		&record->table) != TABLE_FOUND)
		abort();
	record->events = events;
	record->bytes = events * LINE_BYTES;
	memset(record->lines, 'x', record->bytes);
	for (uint32_t i = 1; i <= events; i++)
		record->lines[i * LINE_BYTES - 1] = '\n';
	record->accepted = now;
	if (!spool_put(spool, record, &ring))
		abort();
	if (ring)
		spool_wake(spool);
}

static int64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static uint32_t
argument(int argc, char **argv, int i, uint32_t otherwise)
{
	return argc > i ? (uint32_t)strtoul(argv[i], NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
	uint32_t total = argument(argc, argv, 1, 3000000), posted = 0;
	uint32_t table_count = argument(argc, argv, 2, 1);
	uint32_t events = argument(argc, argv, 3, 1);
	struct tables_options table_options = {
		.max_unconfigured = table_count,
		.defaults.batch = { 60, 1000000, 500, 0, 0 },
	};
	struct spool_options spool_options = {
		.memory_bytes = UINT64_C(1) << 32,
	};
	struct budget_options budget_options = { 100000000,
		UINT64_C(10000000000), 1 };
	struct echo echo = { .upstream = { &ops }, .now = { 0 } };
	struct pump_options options = { .max_in_flight = PLACES,
		.upstream = &echo.upstream };
	struct pump *pump;
	int64_t spent_ns = 0, start;
	struct err err;

	if (!tables_open(&tables, &table_options, &err) ||
	    !spool_open(&spool, &spool_options, &err) ||
	    !budget_open(
		&options.budget, &budget_options, 1000000, echo.now, &err))
		return 1;
	options.lanes = tables_capacity(tables);
	options.spool = spool;
	if (!registry_open(&options.registry, 1, &err) ||
	    !pump_open(&pump, &options, &err))
		return 1;
	while (posted < total) {
		for (uint32_t i = 0; i < ROUND; i += events) {
			post(echo.now, posted / events % table_count, events);
			posted += events;
		}
		start = cpu_ns();
		for (int turns = 0; turns < 100000; turns++) {
			echo.now.ns += 10 * NS_PER_MS;
			pump_cycle(pump);
			if (pump_idle(pump))
				break;
		}
		spent_ns += cpu_ns() - start;
	}
	printf("%llu events of %d bytes, %u a record, %u tables, %llu calls: "
	       "%.1f ns of CPU an event\n",
	    (unsigned long long)echo.events, LINE_BYTES, events, table_count,
	    (unsigned long long)echo.calls,
	    (double)spent_ns / (double)echo.events);
	pump_end(pump);
	pump_close(&pump);
	spool_close(&spool);
	budget_close(&options.budget);
	tables_close(&tables);
	return 0;
}
