#include "tests/gateway/scheduler/rig.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/log.h"
#include "tests/gateway/scheduler/rig_upstream.h"

#define REQUESTS    200000
#define IDLE_TURNS  1000 /* in one instant: the pump does not sleep */
#define CHECK_STATS 50   /* cycles */
#define DAY_MS      INT64_C(86400000)
#define MIDNIGHT    (RIG_WALL_START - 10 * 3600 * 1000)

static void
with_defaults(struct rig_options *o)
{
	if (o->tables == 0)
		o->tables = 1;
	if (o->batch.max_events == 0)
		o->batch = (struct batch_options){ 60, 1000000, 500, 0, 0 };
	if (o->calls_per_minute == 0)
		o->calls_per_minute = 83334;
	if (o->bytes_per_second == 0)
		o->bytes_per_second = 100000000;
	if (o->max_in_flight == 0)
		o->max_in_flight = 256;
	if (o->latency_ns == 0)
		o->latency_ns = 5 * MS;
	if (o->max_age_ms == 0)
		o->max_age_ms = 7 * DAY_MS;
}

static void
open_tables(struct rig *rig)
{
	struct rig_options *o = &rig->options;
	struct tables_options options = { .defaults = { .weight = 1,
					      .batch = o->batch },
		.max_unconfigured = o->strangers ? o->tables : 0 };
	struct table_options *known = calloc(o->tables, sizeof *known);
	struct err err;

	assert(known != NULL);
	options.defaults.events.max_age_ms = (uint64_t)o->max_age_ms;
	for (uint32_t i = 0; i < o->tables; i++) {
		known[i] = options.defaults;
		sprintf(known[i].name, "t%u", i);
		sprintf(known[i].id, "t%u", i);
	}
	if (o->weight_0 > 0)
		known[0].weight = o->weight_0;
	if (!o->strangers) {
		options.configured = known;
		options.configured_count = o->tables;
	}
	assert(tables_open(&rig->tables, &options, &err));
	free(known);
}

static void
open_stages(struct rig *rig)
{
	struct rig_options *o = &rig->options;
	struct spool_options spool = { .memory_bytes = UINT64_C(4) << 30 };
	struct budget_options budget = { o->calls_per_minute,
		o->bytes_per_second, 1 };
	struct pump_options pump = { .max_in_flight = o->max_in_flight,
		.seed = o->seed,
		.upstream = &rig->upstream };
	struct err err;

	open_tables(rig);
	assert(spool_open(&rig->spool, &spool, &err));
	assert(budget_open(
	    &rig->budget, &budget, o->batch.max_bytes, rig->now, &err));
	assert(completion_box_init(&rig->box, &err));
	assert(registry_open(&rig->registry, RIG_WALL_START, &err));
	pump.registry = rig->registry;
	rig->sink.keep = rig_store;
	if (o->keeps_dead_letters)
		pump.sink = &rig->sink;
	pump.lanes = tables_capacity(rig->tables);
	pump.spool = rig->spool;
	pump.budget = rig->budget;
	assert(pump_open(&rig->pump, &pump, &err));
}

struct rig *
rig_open(const struct rig_options *options)
{
	struct rig *rig = calloc(1, sizeof *rig);

	assert(rig != NULL);
	log_setup(&(struct log_options){ .level = LOG_ERROR });
	rig->upstream.ops = &rig_upstream_ops;
	rig->options = *options;
	with_defaults(&rig->options);
	rig->random = options->seed;
	rig->ready = true;
	rig->open = calloc(rig->options.max_in_flight, sizeof *rig->open);
	rig->requests = calloc(REQUESTS, sizeof *rig->requests);
	assert(rig->open != NULL && rig->requests != NULL);
	open_stages(rig);
	return rig;
}

struct rig *
rig_open_warm(struct rig_options options)
{
	struct rig *rig = rig_open(&options);

	rig_run(rig, 600 * SEC);
	return rig;
}

void
rig_answer(struct rig *rig, size_t count, uint32_t table,
    struct upstream_answer answer)
{
	rig->next_count = count;
	rig->next_table = table;
	rig->next_answer = answer;
}

struct upstream_answer
rig_status(unsigned status, int64_t retry_after_ms)
{
	return (struct upstream_answer){ .status = status,
		.retry_after_ms = retry_after_ms,
		.reset_ms = -1,
		.remaining = -1,
		.date_ms = -1 };
}

static void
take_completions(struct rig *rig)
{
	struct completion *t, *next;
	struct rig_request *r;

	for (t = completion_box_take(&rig->box); t != NULL; t = next) {
		next = t->next;
		r = (struct rig_request *)t;
		assert(!r->settled);
		r->settled = true;
		r->settled_ns = rig->now.ns;
	}
}

/*
 * What waits is counted by going through the lanes, and must be what is left
 * of what came; in all it must be what the accounting says.
 */
static void
check_stats(struct rig *rig)
{
	const struct upstream_stats *stats = registry_stats(rig->registry);
	struct accounting_counts c = pump_counts(rig->pump);
	uint64_t waiting = 0, delivered = 0, calls = 0;

	pump_measure(rig->pump);
	for (unsigned i = 0; i <= stats->labels.count; i++) {
		const struct upstream_stats_table *t = &stats->tables[i];

		assert(t->recovered + t->accepted ==
		       t->delivered + upstream_stats_dead(t) + t->withdrawn +
			   t->waiting);
		assert(t->in_flight <= t->waiting);
		assert((t->waiting == 0) == (t->oldest_ms == -1));
		waiting += t->waiting;
		delivered += t->delivered;
		calls += t->calls;
	}
	assert(waiting == c.waiting + c.in_flight);
	assert(delivered == c.delivered);
	assert(calls == stats->calls && calls == rig->call_count);
}

static void
check(struct rig *rig)
{
	struct accounting_counts c = pump_counts(rig->pump);

	assert(c.taken == c.waiting + c.in_flight + c.delivered + c.withdrawn +
			      c.dead_lettered);
	assert(c.waiting <= c.taken && c.in_flight <= c.taken);
	take_completions(rig);
	if (rig->checks++ % CHECK_STATS == 0)
		check_stats(rig);
}

void
rig_close(struct rig *rig)
{
	pump_end(rig->pump);
	check(rig);
	check_stats(rig);
	for (size_t i = 0; i < rig->request_count; i++)
		assert(rig->requests[i].settled);
	pump_close(&rig->pump);
	assert(spool_bytes(rig->spool) == 0);
	spool_close(&rig->spool);
	budget_close(&rig->budget);
	tables_close(&rig->tables);
	registry_close(&rig->registry);
	completion_box_fini(&rig->box);
	free(rig->calls);
	free(rig->open);
	free(rig->requests);
	free(rig->event_table);
	free(rig->arrived);
	free(rig->dead_lettered);
	free(rig->poison);
	free(rig);
}

uint32_t
rig_random(struct rig *rig, uint32_t below)
{
	uint64_t x = rig->random += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(x >> 33) % below;
}

static void
more_events(struct rig *rig, uint32_t events)
{
	if (rig->event_count + events <= rig->event_room)
		return;
	rig->event_room = 2 * (rig->event_count + events);
	rig->event_table = realloc(
	    rig->event_table, rig->event_room * sizeof *rig->event_table);
	rig->arrived = realloc(rig->arrived, rig->event_room);
	rig->dead_lettered = realloc(rig->dead_lettered, rig->event_room);
	rig->poison = realloc(rig->poison, rig->event_room);
	assert(rig->event_table != NULL && rig->arrived != NULL);
	assert(rig->dead_lettered != NULL && rig->poison != NULL);
}

static struct record *
make_record(struct rig *rig, uint32_t table, uint32_t events)
{
	struct record *record = record_new(events * RIG_LINE_MOST);
	char name[16];
	int bytes = sprintf(name, "t%u", table);

	assert(record != NULL);
	assert(tables_find(rig->tables, (struct span){ name, (size_t)bytes },
		   rig->now, &record->table) == TABLE_FOUND);
	more_events(rig, events);
	record->earliest_ms = MIDNIGHT;
	for (uint32_t i = 0; i < events; i++) {
		if (rig_is_old(rig, rig->event_count))
			record->earliest_ms = MIDNIGHT - DAY_MS;
		record->bytes += (uint32_t)rig_line(
		    rig, rig->event_count, record->lines + record->bytes);
		rig->event_table[rig->event_count] = table;
		rig->dead_lettered[rig->event_count] = 0;
		rig->poison[rig->event_count] = 0;
		rig->arrived[rig->event_count++] = 0;
	}
	record->events = events;
	record->accepted = rig->now;
	if (rig->producer[0] != '\0')
		record->producer = strdup(rig->producer);
	return record;
}

void
rig_name(struct rig *rig, const char *producer)
{
	snprintf(rig->producer, sizeof rig->producer, "%s",
	    producer != NULL ? producer : "");
}

static void
append(struct rig *rig, struct record *record)
{
	bool ring = false;

	assert(spool_put(rig->spool, record, &ring));
	if (ring)
		spool_wake(rig->spool);
}

uint32_t
rig_post(struct rig *rig, uint32_t table, uint32_t events)
{
	uint32_t first = rig->event_count;

	append(rig, make_record(rig, table, events));
	return first;
}

size_t
rig_post_awaited(
    struct rig *rig, uint32_t table, uint32_t events, int64_t deadline_ns)
{
	struct rig_request *r = &rig->requests[rig->request_count];
	struct record *record;

	assert(rig->request_count < REQUESTS);
	r->first = rig->event_count;
	r->events = events;
	r->table = table;
	memcpy(r->producer, rig->producer, sizeof r->producer);
	r->completion.box = &rig->box;
	r->completion.deadline.ns = deadline_ns;
	record = make_record(rig, table, events);
	record->completion = &r->completion;
	append(rig, record);
	return rig->request_count++;
}

static void
turn(struct rig *rig)
{
	pump_cycle(rig->pump);
	check(rig);
	if (rig->now.ns > rig->turned_ns)
		rig->turns = 0;
	rig->turned_ns = rig->now.ns;
	assert(++rig->turns < IDLE_TURNS);
}

void
rig_run(struct rig *rig, int64_t until_ns)
{
	rig->limit_ns = until_ns;
	while (rig->now.ns < until_ns) {
		turn(rig);
		pump_wait(rig->pump, -1, INSTANT_NEVER);
	}
}

void
rig_finish(struct rig *rig, int64_t most_ns)
{
	rig->limit_ns = rig->now.ns + most_ns;
	for (turn(rig); !pump_idle(rig->pump); turn(rig)) {
		assert(rig->now.ns < rig->limit_ns);
		pump_wait(rig->pump, -1, INSTANT_NEVER);
	}
}

static uint64_t
fullest(const struct rig *rig, int64_t window_ns, bool bytes)
{
	const struct rig_call *c = rig->calls;
	uint64_t sum = 0, most = 0;
	size_t first = 0;

	for (size_t last = 0; last < rig->call_count; last++) {
		sum += bytes ? c[last].bytes : 1;
		for (; c[last].sent_ns - c[first].sent_ns > window_ns; first++)
			sum -= bytes ? c[first].bytes : 1;
		if (sum > most)
			most = sum;
	}
	return most;
}

uint64_t
rig_fullest_calls(const struct rig *rig, int64_t window_ns)
{
	return fullest(rig, window_ns, false);
}

uint64_t
rig_fullest_bytes(const struct rig *rig, int64_t window_ns)
{
	return fullest(rig, window_ns, true);
}

uint32_t
rig_arrived(const struct rig *rig, uint8_t times)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < rig->event_count; i++)
		count += rig->arrived[i] == times;
	return count;
}

void
rig_expect_each_once(const struct rig *rig)
{
	if (rig_arrived(rig, 1) == rig->event_count)
		return;
	fprintf(stderr, "of %u events %u arrived, %u twice\n", rig->event_count,
	    rig->event_count - rig_arrived(rig, 0), rig_arrived(rig, 2));
	assert(!"each event once");
}

void
rig_poison(struct rig *rig, uint32_t number)
{
	assert(number < rig->event_count);
	rig->poisoned += !rig->poison[number];
	rig->poison[number] = 1;
}

uint32_t
rig_dead_lettered(const struct rig *rig)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < rig->event_count; i++)
		count += rig->dead_lettered[i];
	return count;
}

void
rig_expect_bisected(const struct rig *rig)
{
	for (uint32_t i = 0; i < rig->event_count; i++) {
		if (rig->arrived[i] == !rig->poison[i] &&
		    rig->dead_lettered[i] == rig->poison[i])
			continue;
		fprintf(stderr,
		    "event %u: arrived %u, dead letter %u, poison %u\n", i,
		    rig->arrived[i], rig->dead_lettered[i], rig->poison[i]);
		assert(!"each event once, upstream or among the dead letters");
	}
}

int64_t
rig_setting(const char *name, int64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}
