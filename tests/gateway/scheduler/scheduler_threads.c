/*
 * Producers on threads of their own, the scheduler on its, and an upstream that
 * answers from memory: for the thread sanitizer, which Criterion cannot run
 * under.  Every completion must come back, and every event be accounted for.
 */
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/scheduler/scheduler.h"

#define PRODUCERS 3
#define REQUESTS  3000 /* of each */
#define PLACES    16
#define LINE      "{\"__time\":\"2026-11-24\"}\n"

/* ---- an upstream that fails every seventh call ------------------------ */

struct echo {
	struct upstream upstream;
	struct upstream_answer answers[PLACES];
	size_t count;
	unsigned calls;
	uint64_t events; /* accepted */
};

static struct instant
echo_now(struct upstream *upstream)
{
	(void)upstream;
	return clock_now();
}

static int64_t
echo_wall_ms(struct upstream *upstream)
{
	(void)upstream;
	return clock_wall_ms();
}

static bool
echo_ready(struct upstream *upstream)
{
	(void)upstream;
	return true;
}

static void
echo_submit(struct upstream *upstream, const struct upstream_call *call)
{
	struct echo *echo = (struct echo *)upstream;
	bool ok = ++echo->calls % 7 != 0;

	assert(echo->count < PLACES);
	assert(call->bytes == call->events * strlen(LINE));
	echo->answers[echo->count++] = (struct upstream_answer){
		.cookie = call->cookie,
		.status = ok ? 200 : 503,
		.retry_after_ms = ok ? -1 : 1,
		.reset_ms = -1,
		.remaining = -1,
		.date_ms = -1,
	};
	echo->events += ok ? call->events : 0;
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
	struct echo *echo = (struct echo *)upstream;
	struct pollfd polls[2] = { { 0 } };
	int64_t left_ms = (deadline.ns - clock_now().ns) / NS_PER_MS + 1;

	if (echo->count > 0)
		return;
	for (size_t i = 0; i < count; i++)
		polls[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	poll(polls, count,
	    left_ms < 0     ? 0
	    : left_ms > 100 ? 100
			    : (int)left_ms);
}

/* It is main's, which looks at it after the end. */
static void
echo_close(struct upstream *upstream)
{
	(void)upstream;
}

static const struct upstream_ops ops = {
	.now = echo_now,
	.wall_ms = echo_wall_ms,
	.ready = echo_ready,
	.submit = echo_submit,
	.answers = echo_answers,
	.wait = echo_wait,
	.close = echo_close,
};

/* ---- producers --------------------------------------------------------- */

static struct tables *tables;
static struct spool *spool;

struct producer {
	pthread_t thread;
	struct completion_box box;
	struct completion completions[REQUESTS];
	size_t back, delivered;
	uint64_t events;
};

static struct producer producers[PRODUCERS];
static atomic_bool reading = true;

static void
post(struct producer *p, size_t request)
{
	uint32_t events = 1 + request % 90;
	uint32_t bytes = events * (uint32_t)strlen(LINE);
	struct record *record = record_new(bytes);
	char name[] = { 't', (char)('0' + request % 5) };
	struct completion *completion = &p->completions[request];
	bool ring = false;

	assert(record != NULL);
	assert(tables_find(tables, (struct span){ name, 2 }, clock_now(),
		   &record->table) == TABLE_FOUND);
	for (uint32_t i = 0; i < events; i++)
		memcpy(record->lines + i * strlen(LINE), LINE, strlen(LINE));
	record->events = events;
	record->bytes = bytes;
	record->accepted = clock_now();
	completion->box = &p->box;
	completion->deadline.ns =
	    record->accepted.ns + (request % 10 ? 600 : 0) * NS_PER_S;
	record->completion = completion;
	p->events += events;
	assert(spool_put(spool, record, &ring));
	if (ring)
		spool_wake(spool);
}

static void
take(struct producer *p)
{
	struct completion *t;

	for (t = completion_box_take(&p->box); t != NULL; t = t->next) {
		p->back++;
		p->delivered += t->result == COMPLETION_DELIVERED;
	}
}

static void *
produce(void *argument)
{
	struct producer *p = argument;

	for (size_t i = 0; i < REQUESTS; i++) {
		post(p, i);
		take(p);
	}
	while (p->back < REQUESTS) {
		struct pollfd fd = { .fd = p->box.fd, .events = POLLIN };

		poll(&fd, 1, 1000);
		take(p);
	}
	return NULL;
}

/* Asks while events flow, and until the pump answers: each sum is whole. */
static void *
read_accounts(void *argument)
{
	struct registry_view *view = malloc(sizeof *view);
	unsigned fresh = 0;

	assert(view != NULL);
	while (atomic_load(&reading) || fresh == 0) {
		registry_read(argument, view);
		registry_tick(argument, clock_wall_ms());
		fresh += view->fresh;
		for (unsigned i = 0; i <= view->stats.labels.count; i++) {
			const struct upstream_stats_table *t =
			    &view->stats.tables[i];

			assert(t->accepted ==
			       t->delivered + t->withdrawn + t->waiting);
		}
	}
	free(view);
	return NULL;
}

/* Of all tables; the scheduler's thread has ended. */
static struct upstream_stats_table
sum_tables(const struct upstream_stats *stats)
{
	struct upstream_stats_table sum = { 0 };

	for (unsigned i = 0; i <= stats->labels.count; i++) {
		sum.accepted += stats->tables[i].accepted;
		sum.delivered += stats->tables[i].delivered;
		sum.withdrawn += stats->tables[i].withdrawn;
		sum.waiting += stats->tables[i].waiting;
	}
	return sum;
}

int
main(void)
{
	struct tables_options table_options = { .max_unconfigured = 5,
		.defaults = {
		    .weight = 1, .batch = { 60, 1000000, 20, 0, 0 } } };
	struct spool_options spool_options = {
		.memory_bytes = UINT64_C(1) << 30,
	};
	struct budget_options budget_options = { 100000000, 1000000000, 1 };
	struct echo echo = { .upstream = { &ops } };
	struct scheduler_uses uses = { .max_in_flight = PLACES };
	struct registry *registry;
	pthread_t reader;
	struct budget *budget;
	struct scheduler *scheduler;
	struct scheduler_rest rest;
	struct upstream_stats_table sum;
	struct instant end = { clock_now().ns + 600 * NS_PER_S };
	uint64_t events = 0;
	size_t delivered = 0;
	struct err err;

	assert(tables_open(&tables, &table_options, &err));
	assert(spool_open(&spool, &spool_options, &err));
	assert(
	    budget_open(&budget, &budget_options, 1000000, clock_now(), &err));
	assert(registry_open(&registry, 1, &err));
	uses.tables = tables;
	uses.spool = spool;
	uses.budget = budget;
	uses.registry = registry;
	assert(scheduler_start(&scheduler, &echo.upstream, &uses, &err));
	assert(pthread_create(&reader, NULL, read_accounts, registry) == 0);
	for (int i = 0; i < PRODUCERS; i++) {
		assert(completion_box_init(&producers[i].box, &err));
		assert(pthread_create(&producers[i].thread, NULL, produce,
			   &producers[i]) == 0);
	}
	scheduler_drain(scheduler, end);
	for (int i = 0; i < PRODUCERS; i++) {
		pthread_join(producers[i].thread, NULL);
		completion_box_fini(&producers[i].box);
		events += producers[i].events;
		delivered += producers[i].delivered;
	}
	atomic_store(&reading, false);
	pthread_join(reader, NULL);
	rest = scheduler_stop(&scheduler, end);
	sum = sum_tables(registry_stats(registry));
	printf("%lu events, %u calls, %lu delivered, %lu withdrawn, %zu of %d "
	       "requests delivered\n",
	    (unsigned long)events, echo.calls, (unsigned long)sum.delivered,
	    (unsigned long)sum.withdrawn, delivered, PRODUCERS * REQUESTS);
	assert(rest.events == 0 && rest.unknown == 0);
	assert(sum.accepted == events && sum.waiting == 0);
	assert(sum.delivered + sum.withdrawn == events);
	assert(sum.delivered == echo.events);
	assert(delivered >= PRODUCERS * REQUESTS / 2);
	assert(spool_bytes(spool) == 0);
	spool_close(&spool);
	budget_close(&budget);
	tables_close(&tables);
	registry_close(&registry);
	puts("scheduler_threads: ok");
	return 0;
}
