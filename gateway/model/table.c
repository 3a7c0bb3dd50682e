#include "gateway/model/table.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Contract: a table that was not configured is forgotten after this. */
#define FORGET_AFTER_NS (600 * NS_PER_S)

/* At most two tables a chain on average, whatever max_tables is. */
#define LOAD 2

struct tables {
	pthread_mutex_t lock; /* all that follows; names never change */
	struct table **chains;
	size_t chain_count;
	struct table *spare; /* unused unconfigured tables, by `next` */
	struct table *slots; /* capacity of them; index is the place */
	size_t capacity;
	uint64_t next_serial;
	atomic_size_t known;
	struct table_options defaults;
	bool reject_unknown;
};

struct event_limits
table_limits(const struct table_options *options, int64_t wall_ms)
{
	return (struct event_limits){
		.oldest_ms = wall_ms - (int64_t)options->events.max_age_ms,
		.newest_ms = wall_ms + (int64_t)options->events.max_ahead_ms,
		.max_depth = (uint32_t)options->events.max_depth,
		.max_line_bytes = (uint32_t)options->batch.max_bytes,
	};
}

static bool
name_byte_valid(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool
table_name_valid(struct span name)
{
	if (name.len < 1 || name.len > TABLE_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!name_byte_valid((unsigned char)name.at[i]))
			return false;
	return !span_equal(name, SPAN(".")) && !span_equal(name, SPAN(".."));
}

/* FNV-1a: names are short, and the chains are bounded by max_tables. */
static struct table **
chain_of(struct tables *tables, struct span name)
{
	uint32_t hash = UINT32_C(2166136261);

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.at[i]) * UINT32_C(16777619);
	return &tables->chains[hash % tables->chain_count];
}

static struct table *
lookup(struct tables *tables, struct span name)
{
	struct table *t = *chain_of(tables, name);

	while (t != NULL && !span_equal(span_of(t->options.name), name))
		t = t->next;
	return t;
}

static void
insert(struct tables *tables, struct table *t)
{
	struct table **chain = chain_of(tables, span_of(t->options.name));

	t->serial = tables->next_serial++;
	t->next = *chain;
	*chain = t;
	atomic_fetch_add_explicit(&tables->known, 1, memory_order_relaxed);
}

static bool
forgettable(const struct table *t, struct instant now)
{
	return !t->configured && atomic_load(&t->references) == 0 &&
	       now.ns - atomic_load(&t->idle_since_ns) >= FORGET_AFTER_NS;
}

/*
 * Looked for only when all places are taken, and then all that may go are
 * taken at once: the walk is rare.
 */
static void
forget_idle(struct tables *tables, struct instant now)
{
	struct table **link, *t;

	for (size_t i = 0; i < tables->chain_count; i++) {
		link = &tables->chains[i];
		while ((t = *link) != NULL) {
			if (!forgettable(t, now)) {
				link = &t->next;
				continue;
			}
			*link = t->next;
			t->next = tables->spare;
			tables->spare = t;
			atomic_fetch_sub_explicit(
			    &tables->known, 1, memory_order_relaxed);
		}
	}
}

static struct table *
bear(struct tables *tables, struct span name, struct instant now)
{
	struct table *t;

	if (tables->spare == NULL)
		forget_idle(tables, now);
	t = tables->spare;
	if (t == NULL)
		return NULL;
	tables->spare = t->next;
	t->options = tables->defaults;
	memcpy(t->options.name, name.at, name.len);
	t->options.name[name.len] = '\0';
	memcpy(t->options.id, t->options.name, sizeof t->options.id);
	atomic_store_explicit(&t->label, 0, memory_order_relaxed);
	table_absent(t, false);
	insert(tables, t);
	return t;
}

bool
tables_open(
    struct tables **out, const struct tables_options *options, struct err *err)
{
	size_t configured = options->configured_count;
	struct tables *tables = calloc(1, sizeof *tables);

	if (tables == NULL)
		goto no_memory;
	pthread_mutex_init(&tables->lock, NULL);
	tables->capacity = configured + options->max_unconfigured;
	tables->chain_count = tables->capacity / LOAD + 1;
	tables->slots = calloc(tables->capacity + 1, sizeof *tables->slots);
	tables->chains = calloc(tables->chain_count, sizeof *tables->chains);
	if (tables->slots == NULL || tables->chains == NULL)
		goto no_memory;
	tables->defaults = options->defaults;
	tables->next_serial = 1; /* 0 is nobody's */
	tables->reject_unknown = options->reject_unknown;
	for (size_t i = 0; i < tables->capacity; i++)
		tables->slots[i].index = (uint32_t)i;
	for (size_t i = 0; i < configured; i++) {
		tables->slots[i].configured = true;
		tables->slots[i].options = options->configured[i];
		insert(tables, &tables->slots[i]);
	}
	for (size_t i = tables->capacity; i > configured; i--) {
		tables->slots[i - 1].next = tables->spare;
		tables->spare = &tables->slots[i - 1];
	}
	*out = tables;
	return true;
no_memory:
	tables_close(&tables);
	return err_set(err, ERR_HOST, 0, "no memory for %zu tables",
	    configured + (size_t)options->max_unconfigured);
}

void
tables_close(struct tables **tables)
{
	if (*tables == NULL)
		return;
	pthread_mutex_destroy(&(*tables)->lock);
	free((*tables)->slots);
	free((*tables)->chains);
	free(*tables);
	*tables = NULL;
}

size_t
tables_capacity(const struct tables *tables)
{
	return tables->capacity;
}

size_t
tables_known(const struct tables *tables)
{
	return atomic_load_explicit(&tables->known, memory_order_relaxed);
}

enum table_answer
tables_find(struct tables *tables, struct span name, struct instant now,
    struct table **table_out)
{
	enum table_answer answer = TABLE_FOUND;
	struct table *t;

	pthread_mutex_lock(&tables->lock);
	t = lookup(tables, name);
	if (t == NULL && tables->reject_unknown)
		answer = TABLE_UNKNOWN;
	else if (t == NULL && (t = bear(tables, name, now)) == NULL)
		answer = TABLE_TOO_MANY;
	else if (!t->configured && atomic_load(&t->absent))
		answer = TABLE_ABSENT;
	if (answer == TABLE_FOUND) {
		table_hold(t); /* under the lock: forget_idle must see it */
		*table_out = t;
	}
	pthread_mutex_unlock(&tables->lock);
	return answer;
}

void
table_absent(struct table *table, bool absent)
{
	if (atomic_load_explicit(&table->absent, memory_order_relaxed) !=
	    absent)
		atomic_store(&table->absent, absent);
}

void
table_hold(struct table *table)
{
	atomic_fetch_add_explicit(&table->references, 1, memory_order_relaxed);
}

void
table_release(struct table *table, struct instant now)
{
	uint64_t before;

	/*
	 * The time first: once the count reads 0 the table may be forgotten,
	 * and then it must not look idle since long ago.
	 */
	atomic_store_explicit(
	    &table->idle_since_ns, now.ns, memory_order_relaxed);
	before = atomic_fetch_sub_explicit(
	    &table->references, 1, memory_order_release);
	assert(before > 0);
}
