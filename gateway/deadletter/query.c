#include "gateway/deadletter/query.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/array.h"

#define OTHER SPAN("other")

/* -------------------------------------------------------------- counts -- */

static struct span
cut_name(struct span name)
{
	if (name.len >= DEADLETTER_QUERY_NAME)
		name.len = DEADLETTER_QUERY_NAME - 1;
	return name;
}

static bool
is_group(const struct deadletter_query_group *group, struct span table,
    struct span reason)
{
	return span_equal(span_of(group->table), table) &&
	       span_equal(span_of(group->reason), reason);
}

/* A name with a NUL byte ends there; we never write one. */
static void
put_name(char out[DEADLETTER_QUERY_NAME], struct span from)
{
	if (from.len > 0)
		memcpy(out, from.at, from.len);
	out[from.len] = '\0';
}

static struct deadletter_query_group *
group_of(struct deadletter_query_counts *count, struct span table,
    struct span reason)
{
	struct deadletter_query_group *group;

	/* Letters of one request stand together: try the last group first. */
	if (count->last < count->group_count &&
	    is_group(&count->groups[count->last], table, reason))
		return &count->groups[count->last];
	for (size_t i = 0; i < count->group_count; i++)
		if (is_group(&count->groups[i], table, reason)) {
			count->last = i;
			return &count->groups[i];
		}
	if (count->group_count == DEADLETTER_QUERY_GROUPS)
		return group_of(count, OTHER, OTHER);
	if (count->group_count + 1 == DEADLETTER_QUERY_GROUPS)
		table = reason = OTHER;
	if (!array_reserve(&count->groups, &count->room,
		(uint32_t)count->group_count + 1, sizeof *count->groups))
		return NULL;
	count->last = count->group_count++;
	group = &count->groups[count->last];
	*group = (struct deadletter_query_group){ 0 };
	put_name(group->table, table);
	put_name(group->reason, reason);
	return group;
}

static void
add(struct deadletter_query_group *group, int64_t at_ms, uint64_t bytes)
{
	if (group->count == 0 || at_ms < group->oldest_ms)
		group->oldest_ms = at_ms;
	if (group->count == 0 || at_ms > group->newest_ms)
		group->newest_ms = at_ms;
	group->count++;
	group->bytes += bytes;
}

/* Without memory for its group it is counted in the sum alone: false. */
static bool
count_letter(struct deadletter_query_counts *count,
    const struct deadletter_record *letter, uint64_t bytes)
{
	struct deadletter_query_group *group =
	    group_of(count, cut_name(letter->table), cut_name(letter->reason));

	add(&count->sum, letter->at_ms, bytes);
	if (group != NULL)
		add(group, letter->at_ms, bytes);
	return group != NULL;
}

static int
order(const void *a, const void *b)
{
	const struct deadletter_query_group *x = a, *y = b;
	int tables = strcmp(x->table, y->table);

	if (tables != 0)
		return tables;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->reason, y->reason);
}

static void
sort_groups(struct deadletter_query_counts *count)
{
	if (count->group_count > 0)
		qsort(count->groups, count->group_count, sizeof *count->groups,
		    order);
	count->last = 0;
}

/* -------------------------------------------------------------- newest -- */

static struct buffer *
slot(struct deadletter_query *query, size_t n)
{
	return &query->newest[(query->first + n) % query->limit];
}

static void
drop_oldest(struct deadletter_query *query)
{
	struct buffer *oldest = slot(query, 0);

	query->bytes -= oldest->len;
	buffer_fini(oldest);
	query->first = (query->first + 1) % query->limit;
	query->shown--;
}

/* A letter too large to be shown is only counted. */
static bool
keep_newest(struct deadletter_query *query, struct span line)
{
	struct buffer *next;

	if (query->limit == 0 || line.len > DEADLETTER_QUERY_BYTES)
		return true;
	while (query->shown == query->limit ||
	       (query->shown > 0 &&
		   query->bytes + line.len > DEADLETTER_QUERY_BYTES))
		drop_oldest(query);
	next = slot(query, query->shown);
	buffer_init(next, line.len);
	if (!buffer_append(next, line.at, line.len))
		return false;
	query->bytes += line.len;
	query->shown++;
	return true;
}

static void
count_damage(
    struct deadletter_query *query, const struct deadletter_reader_item *item)
{
	if (query->damaged++ == 0)
		memcpy(query->damage, item->why, sizeof query->damage);
}

static bool
read_all(struct deadletter_query *query, struct deadletter_reader *reader,
    const struct deadletter_reader_filter *filter, const atomic_bool *stop)
{
	struct deadletter_reader_item item;
	enum deadletter_reader_kind kind;

	while ((kind = deadletter_reader_next(reader, &item)) !=
	       DEADLETTER_READER_END) {
		if (stop != NULL && atomic_load(stop))
			return true;
		if (kind == DEADLETTER_READER_DAMAGED)
			count_damage(query, &item);
		else if (deadletter_reader_matches(filter, &item.letter) &&
			 (!count_letter(
			      &query->count, &item.letter, item.len) ||
			     !keep_newest(query, item.line)))
			return false;
	}
	query->complete = true;
	return true;
}

bool
deadletter_query_read(struct deadletter_query *out, const char *directory,
    const struct deadletter_reader_filter *filter, size_t limit,
    const atomic_bool *stop, struct err *err)
{
	struct deadletter_reader *reader = NULL;
	bool ok;

	memset(out, 0, sizeof *out);
	out->limit =
	    limit < DEADLETTER_QUERY_MOST ? limit : DEADLETTER_QUERY_MOST;
	if (!deadletter_reader_open(&reader, directory, err))
		return false;
	out->foreign = deadletter_reader_foreign(reader);
	ok = read_all(out, reader, filter, stop);
	deadletter_reader_close(&reader);
	sort_groups(&out->count);
	if (!ok) {
		deadletter_query_fini(out);
		return err_set(err, ERR_HOST, 0, "no memory");
	}
	return true;
}

struct span
deadletter_query_newest(const struct deadletter_query *query, size_t n)
{
	const struct buffer *line = query->newest;

	if (n >= query->shown)
		return (struct span){ NULL, 0 };
	line += (query->first + query->shown - 1 - n) % query->limit;
	return (struct span){ line->at, line->len };
}

void
deadletter_query_fini(struct deadletter_query *query)
{
	while (query->shown > 0)
		drop_oldest(query);
	free(query->count.groups);
	query->count = (struct deadletter_query_counts){ 0 };
}
