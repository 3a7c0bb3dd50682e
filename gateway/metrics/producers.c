#include "gateway/metrics/producers.h"

#define UNNAMED SPAN("unnamed")
#define OTHERS  SPAN("other") /* a producer of this name is counted there */

void
producers_init(struct producers *producers)
{
	*producers = (struct producers){ 0 };
	pthread_mutex_init(&producers->lock, NULL);
	producers->count = label_table_intern(&producers->labels, UNNAMED);
}

void
producers_fini(struct producers *producers)
{
	pthread_mutex_destroy(&producers->lock);
}

void
producers_read(struct producers *producers, struct label_table *out)
{
	pthread_mutex_lock(&producers->lock);
	*out = producers->labels;
	pthread_mutex_unlock(&producers->lock);
}

void
producers_copy_init(struct producers_copy *copy, struct producers *producers)
{
	copy->producers = producers;
	producers_read(producers, &copy->labels);
}

bool
producers_is_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] <= ' ' || name.at[i] > '~')
			return false;
	return name.len > 0 && name.len <= LABEL_MAX;
}

/* Runs once per name and thread. */
static uint16_t
add_name(struct producers_copy *copy, struct span name, bool add)
{
	struct producers *producers = copy->producers;

	pthread_mutex_lock(&producers->lock);
	if (add)
		(void)label_table_intern(&producers->labels, name);
	atomic_store_explicit(
	    &producers->count, producers->labels.count, memory_order_relaxed);
	copy->labels = producers->labels;
	pthread_mutex_unlock(&producers->lock);
	return label_table_find(&copy->labels, name);
}

/* False: other threads have added names since. */
static bool
is_current(const struct producers_copy *copy)
{
	return copy->labels.count ==
	       atomic_load_explicit(
		   &copy->producers->count, memory_order_relaxed);
}

uint16_t
producers_number(struct producers_copy *copy, struct span name, bool add)
{
	uint16_t number;

	if (name.at == NULL)
		name = UNNAMED;
	if (!producers_is_name(name) || span_equal(name, OTHERS))
		return LABEL_OTHER;
	number = label_table_find(&copy->labels, name);
	if (number != LABEL_OTHER || label_table_full(&copy->labels) ||
	    (!add && is_current(copy)))
		return number;
	return add_name(copy, name, add);
}
