#include "gateway/roster.h"

#define UNNAMED SPAN("unnamed")
#define OTHERS  SPAN("other") /* whoever calls itself so is of them */

void
roster_init(struct roster *roster)
{
	*roster = (struct roster){ 0 };
	pthread_mutex_init(&roster->lock, NULL);
	roster->count = labels_intern(&roster->labels, UNNAMED);
}

void
roster_fini(struct roster *roster)
{
	pthread_mutex_destroy(&roster->lock);
}

void
roster_read(struct roster *roster, struct labels *out)
{
	pthread_mutex_lock(&roster->lock);
	*out = roster->labels;
	pthread_mutex_unlock(&roster->lock);
}

void
roster_copy_init(struct roster_copy *copy, struct roster *roster)
{
	copy->roster = roster;
	roster_read(roster, &copy->labels);
}

bool
roster_is_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] <= ' ' || name.at[i] > '~')
			return false;
	return name.len > 0 && name.len <= LABEL_MAX;
}

/* Once a name and thread. */
static uint16_t
learn(struct roster_copy *copy, struct span name, bool born)
{
	struct roster *roster = copy->roster;

	pthread_mutex_lock(&roster->lock);
	if (born)
		(void)labels_intern(&roster->labels, name);
	atomic_store_explicit(
	    &roster->count, roster->labels.count, memory_order_relaxed);
	copy->labels = roster->labels;
	pthread_mutex_unlock(&roster->lock);
	return labels_find(&copy->labels, name);
}

/* Names that are new here may be old elsewhere. */
static bool
knows_all(const struct roster_copy *copy)
{
	return copy->labels.count ==
	       atomic_load_explicit(&copy->roster->count, memory_order_relaxed);
}

uint16_t
roster_number(struct roster_copy *copy, struct span name, bool born)
{
	uint16_t number;

	if (name.at == NULL)
		name = UNNAMED;
	if (!roster_is_name(name) || span_equal(name, OTHERS))
		return LABEL_OTHER;
	number = labels_find(&copy->labels, name);
	if (number != LABEL_OTHER || labels_full(&copy->labels) ||
	    (!born && knows_all(copy)))
		return number;
	return learn(copy, name, born);
}
