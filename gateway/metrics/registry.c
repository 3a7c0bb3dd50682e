#include "gateway/metrics/registry.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "gateway/base/clock.h"
#include "gateway/metrics/producers.h"
#include "gateway/base/counter.h"

/* A pump that is alive answers within a turn: well under a millisecond. */
#define PATIENCE_NS (200 * NS_PER_MS)

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
	struct upstream_stats books;       /* the pump's alone */
	struct producers_copy senders_own; /* as well */
	atomic_bool wanted;
	struct producers producers;

	pthread_mutex_t lock; /* all that follows */
	pthread_cond_t given;
	struct upstream_stats copy;
	uint64_t asks, gifts;
	bool overdue; /* somebody waited for the next gift in vain */
	int bell;
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
	struct registry *account = calloc(1, sizeof *account);
	pthread_condattr_t monotonic;

	if (account == NULL)
		return err_set(err, ERR_HOST, 0, "no memory to count in");
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&account->lock, NULL);
	pthread_cond_init(&account->given, &monotonic);
	pthread_condattr_destroy(&monotonic);
	account->bell = -1;
	account->started_ms = wall_ms;
	producers_init(&account->producers);
	producers_copy_init(&account->senders_own, &account->producers);
	account->books.credential.kind = account->copy.credential.kind = "none";
	*out = account;
	return true;
}

void
registry_close(struct registry **account_at)
{
	struct registry *account = *account_at;
	struct registry_block *block, *next;

	if (account == NULL)
		return;
	for (block = account->blocks; block != NULL; block = next) {
		next = block->next;
		pthread_mutex_destroy(&block->samples_lock);
		free(block);
	}
	pthread_cond_destroy(&account->given);
	pthread_mutex_destroy(&account->lock);
	producers_fini(&account->producers);
	free(account);
	*account_at = NULL;
}

/* ---- the receiving side ----------------------------------------------- */

struct registry_block *
registry_block(struct registry *account)
{
	struct registry_block *block = calloc(1, sizeof *block);

	if (block == NULL)
		return NULL;
	producers_copy_init(&block->producers, &account->producers);
	pthread_mutex_init(&block->samples_lock, NULL);
	pthread_mutex_lock(&account->lock);
	block->next = account->blocks;
	account->blocks = block;
	pthread_mutex_unlock(&account->lock);
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

/* A reader at work is not waited for: samples are samples. */
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
place_of(uint32_t noted)
{
	return noted == 0 ? LABEL_OTHER : (uint16_t)(noted - 1);
}

void
registry_fault(struct registry_block *block,
    const struct registry_request *request, enum event_fault fault,
    uint32_t count, uint64_t line, uint64_t offset)
{
	uint32_t noted = request->table == NULL
			     ? 0
			     : atomic_load_explicit(&request->table->label,
				   memory_order_relaxed);

	counter_add(&block->rejected[place_of(noted)][fault], count);
	keep_sample(block, request, fault, line, offset);
}

void
registry_skipped(struct registry_block *block, uint32_t label,
    const uint32_t faults[EVENT_FAULT_COUNT])
{
	for (unsigned f = EVENT_OK + 1; f < EVENT_FAULT_COUNT; f++)
		if (faults[f] > 0)
			counter_add(
			    &block->skipped[place_of(label)][f], faults[f]);
}

void
registry_connections(struct registry_block *block, int change)
{
	counter_add(&block->connections, (uint64_t)(int64_t)change);
}

/* ---- the sending side ------------------------------------------------- */

struct upstream_stats *
registry_books(struct registry *account)
{
	return &account->books;
}

uint16_t
registry_recall(struct registry *account, const char *producer)
{
	struct span name = { 0 };

	if (producer != NULL)
		name = span_of(producer);
	return producers_number(&account->senders_own, name, true);
}

void
registry_bell(struct registry *account, int fd)
{
	pthread_mutex_lock(&account->lock);
	account->bell = fd;
	pthread_mutex_unlock(&account->lock);
}

bool
registry_wanted(const struct registry *account)
{
	return atomic_load_explicit(&account->wanted, memory_order_relaxed);
}

void
registry_give(struct registry *account)
{
	atomic_store_explicit(&account->wanted, false, memory_order_relaxed);
	pthread_mutex_lock(&account->lock);
	account->copy = account->books;
	account->gifts = account->asks;
	account->overdue = false;
	pthread_cond_broadcast(&account->given);
	pthread_mutex_unlock(&account->lock);
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
ask(struct registry *account)
{
	struct timespec until = after(PATIENCE_NS);
	uint64_t mine;

	if (account->bell == -1)
		return false;
	if (account->asks == account->gifts) {
		account->asks++;
		atomic_store_explicit(
		    &account->wanted, true, memory_order_relaxed);
		(void)eventfd_write(account->bell, 1);
	}
	mine = account->asks;
	while (account->gifts < mine && !account->overdue)
		if (pthread_cond_timedwait(
			&account->given, &account->lock, &until) != 0)
			account->overdue = account->gifts < mine;
	return account->gifts >= mine;
}

static void
add_all(struct registry_view *view, const struct registry_block *block)
{
	for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
		for (unsigned o = 0; o < OUTCOME_COUNT; o++)
			view->requests[r][o] +=
			    counter_read(&block->requests[r][o]);
	for (unsigned t = 0; t <= view->books.labels.count; t++)
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
		for (unsigned t = 0; t <= view->books.labels.count; t++)
			view->reasons[f] += view->rejected[t][f];
	for (unsigned o = OUTCOME_KEPT + 1; o < OUTCOME_COUNT; o++)
		for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
			view->reasons[EVENT_FAULT_COUNT + o] +=
			    view->requests[r][o];
}

void
registry_read(struct registry *account, struct registry_view *view)
{
	struct registry_block *blocks;

	memset(view, 0, sizeof *view);
	pthread_mutex_lock(&account->lock);
	view->fresh = ask(account);
	view->books = account->copy;
	view->started_ms = account->started_ms;
	blocks = account->blocks;
	pthread_mutex_unlock(&account->lock);
	producers_read(&account->producers, &view->labels);

	histogram_gather(&view->books.delivery, &view->delivery);
	histogram_gather(&view->books.upstream, &view->upstream);
	histogram_gather(&view->books.batch, &view->batch);
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
registry_reasons(struct registry *account, struct registry_reasons *out)
{
	struct registry_block *blocks;
	unsigned tables;

	memset(out, 0, sizeof *out);
	pthread_mutex_lock(&account->lock);
	blocks = account->blocks;
	tables = account->copy.labels.count;
	pthread_mutex_unlock(&account->lock);
	for (; blocks != NULL; blocks = blocks->next)
		add_reasons(blocks, tables, out);
}

static void
total_books(const struct upstream_stats *books, struct history_totals *totals)
{
	for (unsigned t = 0; t <= books->labels.count; t++) {
		totals->accepted += books->tables[t].accepted;
		totals->delivered += books->tables[t].delivered;
		totals->waiting += books->tables[t].waiting;
	}
	totals->calls = books->calls;
	totals->calls_limit = books->budget_limit;
	totals->spool_bytes = books->spool.bytes;
	histogram_gather(&books->delivery, &totals->delivery);
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
registry_tick(struct registry *account, int64_t wall_ms)
{
	struct history_totals *totals = &account->totals;

	pthread_mutex_lock(&account->lock);
	(void)ask(account);
	memset(totals, 0, sizeof *totals);
	totals->wall_ms = wall_ms;
	total_books(&account->copy, totals);
	for (const struct registry_block *block = account->blocks;
	     block != NULL; block = block->next)
		total_block(block, totals);
	history_add(&account->history, totals);
	pthread_mutex_unlock(&account->lock);
}

unsigned
registry_history(struct registry *account, int64_t since_ms,
    struct history_second out[HISTORY_SECONDS])
{
	unsigned count;

	pthread_mutex_lock(&account->lock);
	count = history_since(&account->history, since_ms, out);
	pthread_mutex_unlock(&account->lock);
	return count;
}
