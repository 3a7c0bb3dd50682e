#include "gateway/deadletter/counts.h"

#include <stdlib.h>
#include <string.h>

#define OTHER SPAN("other")

static struct span
cut(struct span name)
{
	if (name.len >= DEADLETTER_COUNTS_NAME)
		name.len = DEADLETTER_COUNTS_NAME - 1;
	return name;
}

static bool
is_of(const struct deadletter_counts_group *group, struct span table,
    struct span reason)
{
	return span_equal(span_of(group->table), table) &&
	       span_equal(span_of(group->reason), reason);
}

/* A name with a NUL in it ends there: nobody of ours writes one. */
static void
name(char out[DEADLETTER_COUNTS_NAME], struct span from)
{
	if (from.len > 0)
		memcpy(out, from.at, from.len);
	out[from.len] = '\0';
}

static bool
grow(struct deadletter_counts *count)
{
	size_t room = count->room == 0 ? 16 : count->room * 2;
	struct deadletter_counts_group *more =
	    realloc(count->groups, room * sizeof *more);

	if (more == NULL)
		return false;
	count->groups = more;
	count->room = room;
	return true;
}

static struct deadletter_counts_group *
group_of(struct deadletter_counts *count, struct span table, struct span reason)
{
	struct deadletter_counts_group *group;

	if (count->last < count->group_count &&
	    is_of(&count->groups[count->last], table, reason))
		return &count->groups[count->last];
	for (size_t i = 0; i < count->group_count; i++)
		if (is_of(&count->groups[i], table, reason)) {
			count->last = i;
			return &count->groups[i];
		}
	if (count->group_count == DEADLETTER_COUNTS_GROUPS)
		return group_of(count, OTHER, OTHER);
	if (count->group_count + 1 == DEADLETTER_COUNTS_GROUPS)
		table = reason = OTHER;
	if (count->group_count == count->room && !grow(count))
		return NULL;
	count->last = count->group_count++;
	group = &count->groups[count->last];
	*group = (struct deadletter_counts_group){ 0 };
	name(group->table, table);
	name(group->reason, reason);
	return group;
}

static void
add(struct deadletter_counts_group *group, int64_t at_ms, uint64_t bytes)
{
	if (group->count == 0 || at_ms < group->oldest_ms)
		group->oldest_ms = at_ms;
	if (group->count == 0 || at_ms > group->newest_ms)
		group->newest_ms = at_ms;
	group->count++;
	group->bytes += bytes;
}

bool
deadletter_counts_add(struct deadletter_counts *count,
    const struct deadletter_record *letter, uint64_t bytes)
{
	struct deadletter_counts_group *group =
	    group_of(count, cut(letter->table), cut(letter->reason));

	add(&count->sum, letter->at_ms, bytes);
	if (group != NULL)
		add(group, letter->at_ms, bytes);
	return group != NULL;
}

static int
order(const void *a, const void *b)
{
	const struct deadletter_counts_group *x = a, *y = b;
	int tables = strcmp(x->table, y->table);

	if (tables != 0)
		return tables;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->reason, y->reason);
}

void
deadletter_counts_sort(struct deadletter_counts *count)
{
	if (count->group_count > 0)
		qsort(count->groups, count->group_count, sizeof *count->groups,
		    order);
	count->last = 0;
}

void
deadletter_counts_fini(struct deadletter_counts *count)
{
	free(count->groups);
	*count = (struct deadletter_counts){ 0 };
}
