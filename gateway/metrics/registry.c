#include "gateway/metrics/registry.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "gateway/base/clock.h"
#include "gateway/metrics/producers.h"
#include "gateway/base/counter.h"

/* A pump that runs answers within one cycle: well under a millisecond. */
#define ANSWER_TIMEOUT_NS (200 * NS_PER_MS)

struct registry_block {
	struct registry_block *next;
	struct counter requests[REGISTRY_ROUTES][OUTCOME_COUNT];
	struct counter rejected[LABEL_TABLE_MOST][EVENT_FAULT_COUNT];
	struct counter skipped[LABEL_TABLE_MOST][EVENT_FAULT_COUNT];
	struct counter producer_requests[LABEL_TABLE_MOST];
	struct counter producer_events[LABEL_TABLE_MOST];
	struct counter producer_bytes[LABEL_TABLE_MOST];
	struct counter producer_refused[LABEL_TABLE_MOST];
	struct counter connections;
	struct histogram ack[REGISTRY_LEVELS];

	struct producers_copy producers;

	pthread_mutex_t samples_lock;
	struct registry_sample samples[REGISTRY_REASONS][REGISTRY_SAMPLES];
	uint8_t sample_next[REGISTRY_REASONS];
};

struct registry {
	struct upstream_stats stats;          /* the pump's alone */
	struct producers_copy pump_producers; /* as well */
	atomic_bool wanted;
	struct producers producers;

	pthread_mutex_t lock; /* all that follows */
	pthread_cond_t answered;
	struct upstream_stats copy;
	uint64_t asks, answers;
	bool overdue; /* somebody waited for the next answer in vain */
	int wakeup_fd;
	struct registry_block *blocks;
	struct history history;
	struct history_totals totals; /* for the tick: too large for a stack */
	int64_t started_ms;
};

const char *const registry_route_words[REGISTRY_ROUTES] = {
	[REGISTRY_EVENTS] = "events",
	[REGISTRY_PROJECT_EVENTS] = "project_events",
	[REGISTRY_NO_ROUTE] = "none",
};

const char *const registry_level_words[REGISTRY_LEVELS] = {
	"received",
	"durable",
	"delivered",
};

const char *
registry_reason_word(unsigned reason)
{
	return reason < EVENT_FAULT_COUNT
		   ? event_fault_word(reason)
		   : outcome_rows[reason - EVENT_FAULT_COUNT].word;
}

bool
registry_open(struct registry **out, int64_t wall_ms, struct err *err)
{
	struct registry *registry = calloc(1, sizeof *registry);
	pthread_condattr_t monotonic;

	if (registry == NULL)
		return err_set(err, ERR_HOST, 0, "no memory to count in");
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&registry->lock, NULL);
	pthread_cond_init(&registry->answered, &monotonic);
	pthread_condattr_destroy(&monotonic);
	registry->wakeup_fd = -1;
	registry->started_ms = wall_ms;
	producers_init(&registry->producers);
	producers_copy_init(&registry->pump_producers, &registry->producers);
	registry->stats.credential.kind = registry->copy.credential.kind =
	    "none";
	*out = registry;
	return true;
}

void
registry_close(struct registry **registry_at)
{
	struct registry *registry = *registry_at;
	struct registry_block *block, *next;

	if (registry == NULL)
		return;
	for (block = registry->blocks; block != NULL; block = next) {
		next = block->next;
		pthread_mutex_destroy(&block->samples_lock);
		free(block);
	}
	pthread_cond_destroy(&registry->answered);
	pthread_mutex_destroy(&registry->lock);
	producers_fini(&registry->producers);
	free(registry);
	*registry_at = NULL;
}

/* ---- the receiving side ----------------------------------------------- */

struct registry_block *
registry_block(struct registry *registry)
{
	struct registry_block *block = calloc(1, sizeof *block);

	if (block == NULL)
		return NULL;
	producers_copy_init(&block->producers, &registry->producers);
	pthread_mutex_init(&block->samples_lock, NULL);
	pthread_mutex_lock(&registry->lock);
	block->next = registry->blocks;
	registry->blocks = block;
	pthread_mutex_unlock(&registry->lock);
	return block;
}

uint16_t
registry_producer(
    struct registry_block *block, struct span name, bool has_events)
{
	return producers_number(&block->producers, name, has_events);
}

static void
copy_name(char out[LABEL_MAX + 1], struct span name)
{
	size_t len = name.len < LABEL_MAX ? name.len : LABEL_MAX;

	if (len > 0)
		memcpy(out, name.at, len);
	out[len] = '\0';
}

/* Never waits for a reader: losing a sample does no harm. */
static void
keep_sample(struct registry_block *block,
    const struct registry_request *request, unsigned reason, uint64_t line,
    uint64_t offset)
{
	uint8_t *next = &block->sample_next[reason];
	struct registry_sample *sample;

	if (pthread_mutex_trylock(&block->samples_lock) != 0)
		return;
	sample = &block->samples[reason][*next];
	*next = (uint8_t)((*next + 1) % REGISTRY_SAMPLES);
	sample->wall_ms = request->wall_ms;
	copy_name(sample->table, request->table_name);
	copy_name(sample->producer, producers_is_name(request->producer)
					? request->producer
					: SPAN(""));
	sample->line = line;
	sample->offset = offset;
	pthread_mutex_unlock(&block->samples_lock);
}

void
registry_count(
    struct registry_block *block, const struct registry_request *request)
{
	bool has_events = request->events > 0;
	uint16_t producer =
	    registry_producer(block, request->producer, has_events);

	counter_add(&block->requests[request->route][request->outcome], 1);
	counter_add(&block->producer_requests[producer], 1);
	if (has_events) {
		counter_add(&block->producer_events[producer], request->events);
		counter_add(&block->producer_bytes[producer], request->bytes);
		histogram_add(&block->ack[request->level], &histogram_time,
		    request->took_ns, 1);
	}
	if (request->outcome == OUTCOME_KEPT)
		return;
	counter_add(&block->producer_refused[producer], 1);
	keep_sample(block, request, EVENT_FAULT_COUNT + request->outcome, 0, 0);
}

/* A table without a label, which has had no good event yet, is `other`. */
static uint16_t
label_of(uint32_t label_plus_1)
{
	return label_plus_1 == 0 ? LABEL_OTHER : (uint16_t)(label_plus_1 - 1);
}

void
registry_fault(struct registry_block *block,
    const struct registry_request *request, enum event_fault fault,
    uint32_t count, uint64_t line, uint64_t offset)
{
	uint32_t label_plus_1 =
	    request->table == NULL
		? 0
		: atomic_load_explicit(
		      &request->table->label, memory_order_relaxed);

	counter_add(&block->rejected[label_of(label_plus_1)][fault], count);
	keep_sample(block, request, fault, line, offset);
}

void
registry_skipped(struct registry_block *block, uint32_t label,
    const uint32_t faults[EVENT_FAULT_COUNT])
{
	for (unsigned f = EVENT_OK + 1; f < EVENT_FAULT_COUNT; f++)
		if (faults[f] > 0)
			counter_add(
			    &block->skipped[label_of(label)][f], faults[f]);
}

void
registry_connections(struct registry_block *block, int change)
{
	counter_add(&block->connections, (uint64_t)(int64_t)change);
}

/* ---- the sending side ------------------------------------------------- */

struct upstream_stats *
registry_stats(struct registry *registry)
{
	return &registry->stats;
}

uint16_t
registry_producer_by_name(struct registry *registry, const char *producer)
{
	struct span name = { 0 };

	if (producer != NULL)
		name = span_of(producer);
	return producers_number(&registry->pump_producers, name, true);
}

void
registry_set_wakeup_fd(struct registry *registry, int fd)
{
	pthread_mutex_lock(&registry->lock);
	registry->wakeup_fd = fd;
	pthread_mutex_unlock(&registry->lock);
}

bool
registry_stats_wanted(const struct registry *registry)
{
	return atomic_load_explicit(&registry->wanted, memory_order_relaxed);
}

void
registry_publish_stats(struct registry *registry)
{
	atomic_store_explicit(&registry->wanted, false, memory_order_relaxed);
	pthread_mutex_lock(&registry->lock);
	registry->copy = registry->stats;
	registry->answers = registry->asks;
	registry->overdue = false;
	pthread_cond_broadcast(&registry->answered);
	pthread_mutex_unlock(&registry->lock);
}

/* ---- readers ---------------------------------------------------------- */

static struct timespec
after(int64_t ns)
{
	int64_t then = clock_now().ns + ns;

	return (struct timespec){ (time_t)(then / NS_PER_S),
		(long)(then % NS_PER_S) };
}

/* With the lock held: the copy is new afterwards, or false. */
static bool
ask(struct registry *registry)
{
	struct timespec until = after(ANSWER_TIMEOUT_NS);
	uint64_t mine;

	if (registry->wakeup_fd == -1)
		return false;
	if (registry->asks == registry->answers) {
		registry->asks++;
		atomic_store_explicit(
		    &registry->wanted, true, memory_order_relaxed);
		(void)eventfd_write(registry->wakeup_fd, 1);
	}
	mine = registry->asks;
	while (registry->answers < mine && !registry->overdue)
		if (pthread_cond_timedwait(
			&registry->answered, &registry->lock, &until) != 0)
			registry->overdue = registry->answers < mine;
	return registry->answers >= mine;
}

static void
add_all(struct registry_view *view, const struct registry_block *block)
{
	for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
		for (unsigned o = 0; o < OUTCOME_COUNT; o++)
			view->requests[r][o] +=
			    counter_read(&block->requests[r][o]);
	for (unsigned t = 0; t <= view->stats.labels.count; t++)
		for (unsigned f = 0; f < EVENT_FAULT_COUNT; f++) {
			view->rejected[t][f] +=
			    counter_read(&block->rejected[t][f]);
			view->skipped[t][f] +=
			    counter_read(&block->skipped[t][f]);
		}
	for (unsigned p = 0; p <= view->labels.count; p++) {
		struct registry_producer *sum = &view->producers[p];

		sum->requests += counter_read(&block->producer_requests[p]);
		sum->events += counter_read(&block->producer_events[p]);
		sum->bytes += counter_read(&block->producer_bytes[p]);
		sum->refused += counter_read(&block->producer_refused[p]);
	}
	for (unsigned l = 0; l < REGISTRY_LEVELS; l++)
		histogram_gather(&block->ack[l], &view->ack[l]);
	view->connections += counter_read(&block->connections);
}

/* Newest first. */
static void
insert_sample(
    struct registry_sample *list, const struct registry_sample *sample)
{
	struct registry_sample rest = *sample, other;

	for (unsigned i = 0; i < REGISTRY_SAMPLES; i++)
		if (rest.wall_ms > list[i].wall_ms) {
			other = list[i];
			list[i] = rest;
			rest = other;
		}
}

static void
add_samples(struct registry_view *view, struct registry_block *block)
{
	pthread_mutex_lock(&block->samples_lock);
	for (unsigned r = 0; r < REGISTRY_REASONS; r++)
		for (unsigned i = 0; i < REGISTRY_SAMPLES; i++)
			insert_sample(view->samples[r], &block->samples[r][i]);
	pthread_mutex_unlock(&block->samples_lock);
}

static void
sum_reasons(struct registry_view *view)
{
	for (unsigned f = 0; f < EVENT_FAULT_COUNT; f++)
		for (unsigned t = 0; t <= view->stats.labels.count; t++)
			view->reasons[f] += view->rejected[t][f];
	for (unsigned o = OUTCOME_KEPT + 1; o < OUTCOME_COUNT; o++)
		for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
			view->reasons[EVENT_FAULT_COUNT + o] +=
			    view->requests[r][o];
}

void
registry_read(struct registry *registry, struct registry_view *view)
{
	struct registry_block *blocks;

	memset(view, 0, sizeof *view);
	pthread_mutex_lock(&registry->lock);
	view->fresh = ask(registry);
	view->stats = registry->copy;
	view->started_ms = registry->started_ms;
	blocks = registry->blocks;
	pthread_mutex_unlock(&registry->lock);
	producers_read(&registry->producers, &view->labels);

	histogram_gather(&view->stats.delivery, &view->delivery);
	histogram_gather(&view->stats.upstream, &view->upstream);
	histogram_gather(&view->stats.batch, &view->batch);
	for (; blocks != NULL; blocks = blocks->next) {
		add_all(view, blocks);
		add_samples(view, blocks);
	}
	sum_reasons(view);
}

static void
add_reasons(
    struct registry_block *block, unsigned tables, struct registry_reasons *out)
{
	for (unsigned f = 0; f < EVENT_FAULT_COUNT; f++)
		for (unsigned t = 0; t <= tables; t++)
			out->counts[f] += counter_read(&block->rejected[t][f]);
	for (unsigned o = OUTCOME_KEPT + 1; o < OUTCOME_COUNT; o++)
		for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
			out->counts[EVENT_FAULT_COUNT + o] +=
			    counter_read(&block->requests[r][o]);
	pthread_mutex_lock(&block->samples_lock);
	for (unsigned r = 0; r < REGISTRY_REASONS; r++)
		for (unsigned i = 0; i < REGISTRY_SAMPLES; i++)
			if (block->samples[r][i].wall_ms > out->last[r].wall_ms)
				out->last[r] = block->samples[r][i];
	pthread_mutex_unlock(&block->samples_lock);
}

void
registry_reasons(struct registry *registry, struct registry_reasons *out)
{
	struct registry_block *blocks;
	unsigned tables;

	memset(out, 0, sizeof *out);
	pthread_mutex_lock(&registry->lock);
	blocks = registry->blocks;
	tables = registry->copy.labels.count;
	pthread_mutex_unlock(&registry->lock);
	for (; blocks != NULL; blocks = blocks->next)
		add_reasons(blocks, tables, out);
}

static void
total_books(const struct upstream_stats *stats, struct history_totals *totals)
{
	for (unsigned t = 0; t <= stats->labels.count; t++) {
		totals->accepted += stats->tables[t].accepted;
		totals->delivered += stats->tables[t].delivered;
		totals->waiting += stats->tables[t].waiting;
	}
	totals->calls = stats->calls;
	totals->calls_limit = stats->budget_limit;
	totals->spool_bytes = stats->spool.bytes;
	histogram_gather(&stats->delivery, &totals->delivery);
}

static void
total_block(const struct registry_block *block, struct history_totals *totals)
{
	for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
		for (unsigned o = OUTCOME_KEPT + 1; o < OUTCOME_COUNT; o++)
			totals->refused += counter_read(&block->requests[r][o]);
	for (unsigned l = 0; l < REGISTRY_LEVELS; l++)
		histogram_gather(&block->ack[l], &totals->ack);
}

void
registry_tick(struct registry *registry, int64_t wall_ms)
{
	struct history_totals *totals = &registry->totals;

	pthread_mutex_lock(&registry->lock);
	(void)ask(registry);
	memset(totals, 0, sizeof *totals);
	totals->wall_ms = wall_ms;
	total_books(&registry->copy, totals);
	for (const struct registry_block *block = registry->blocks;
	     block != NULL; block = block->next)
		total_block(block, totals);
	history_add(&registry->history, totals);
	pthread_mutex_unlock(&registry->lock);
}

unsigned
registry_history(struct registry *registry, int64_t since_ms,
    struct history_second out[HISTORY_SECONDS])
{
	unsigned count;

	pthread_mutex_lock(&registry->lock);
	count = history_since(&registry->history, since_ms, out);
	pthread_mutex_unlock(&registry->lock);
	return count;
}
