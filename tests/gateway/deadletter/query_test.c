#include "gateway/deadletter/query.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/clock.h"
#include "tests/support/scratch.h"

static char root[] = "/tmp/query-XXXXXX";
static struct deadletter_query query;

static void
begin(void)
{
	cr_assert_not_null(mkdtemp(root));
}

static void
end(void)
{
	deadletter_query_fini(&query);
	cr_assert(scratch_remove(root));
}

TestSuite(query, .init = begin, .fini = end);

static void
put(const char *table, const char *reason, int64_t at_ms, size_t len)
{
	char path[100], at[CLOCK_UTC_ROOM], *event = malloc(len + 1);
	FILE *file;

	memset(event, 'x', len);
	event[len] = '\0';
	clock_utc(at_ms, at);
	snprintf(path, sizeof path, "%s/letters-%016d.ndjson", root, 1);
	file = fopen(path, "a");
	cr_assert_not_null(file);
	fprintf(file,
	    "{\"at\":\"%s\",\"table\":\"%s\",\"reason\":\"%s\",\"event\":"
	    "\"%s\"}\n",
	    at, table, reason, event);
	fclose(file);
	free(event);
}

static void
read_all(struct deadletter_reader_filter filter, size_t limit)
{
	struct err err = { 0 };

	deadletter_query_fini(&query);
	cr_assert(
	    deadletter_query_read(&query, root, &filter, limit, NULL, &err),
	    "%s", err.text);
	cr_expect(query.complete);
}

Test(query, counts_by_table_and_reason)
{
	struct deadletter_reader_filter filter = DEADLETTER_READER_ANY;

	put("b", "r", 5000, 1);
	put("a", "q", 3000, 1);
	put("a", "r", 2000, 1);
	put("a", "r", 9000, 1);
	read_all(filter, 0);
	cr_expect_eq(query.count.sum.count, 4);
	cr_expect_eq(query.count.sum.oldest_ms, 2000);
	cr_expect_eq(query.count.sum.newest_ms, 9000);
	cr_assert_eq(query.count.group_count, 3);
	cr_expect_str_eq(query.count.groups[0].table, "a");
	cr_expect_str_eq(query.count.groups[0].reason, "r");
	cr_expect_eq(query.count.groups[0].count, 2);
	cr_expect_str_eq(query.count.groups[1].reason, "q");
	cr_expect_str_eq(query.count.groups[2].table, "b");
	cr_expect_eq(query.count.groups[0].bytes + query.count.groups[1].bytes +
			 query.count.groups[2].bytes,
	    query.count.sum.bytes);
	cr_expect_eq(
	    deadletter_query_newest(&query, 0).len, 0, "none was asked for");
	filter.table = SPAN("a");
	filter.reason = SPAN("q");
	read_all(filter, 9);
	cr_expect_eq(query.count.sum.count, 1);
}

Test(query, shows_the_newest_and_no_more_than_was_asked_for)
{
	char table[10];

	for (int i = 0; i < 7; i++) {
		snprintf(table, sizeof table, "t%d", i);
		put(table, "r", i, 1);
	}
	read_all(DEADLETTER_READER_ANY, 3);
	for (int i = 0; i < 3; i++) {
		struct span line = deadletter_query_newest(&query, (size_t)i);

		snprintf(table, sizeof table, "\"t%d\"", 6 - i);
		cr_assert(line.len > 0);
		cr_expect_not_null(
		    memmem(line.at, line.len, table, 4), "%d", i);
	}
	cr_expect_eq(deadletter_query_newest(&query, 3).len, 0);
	read_all(DEADLETTER_READER_ANY, 100);
	cr_expect(deadletter_query_newest(&query, 6).len > 0);
	cr_expect_eq(deadletter_query_newest(&query, 7).len, 0);
}

Test(query, keeps_within_its_bytes)
{
	size_t bytes = 0, n = 0;

	for (int i = 0; i < 12; i++)
		put("t", "r", i, 1 << 20);
	put("t", "r", 13, DEADLETTER_QUERY_BYTES);
	read_all(DEADLETTER_READER_ANY, 100);
	cr_expect_eq(query.count.sum.count, 13, "all are counted");
	for (; deadletter_query_newest(&query, n).len > 0; n++)
		bytes += deadletter_query_newest(&query, n).len;
	cr_expect_eq(n, 3, "the one too large is passed over: %zu", n);
	cr_expect(bytes <= DEADLETTER_QUERY_BYTES);
}

Test(query, groups_are_bounded)
{
	char table[20];

	for (int i = 0; i < DEADLETTER_QUERY_GROUPS + 50; i++) {
		snprintf(table, sizeof table, "t%d", i);
		put(table, "r", i, 1);
	}
	read_all(DEADLETTER_READER_ANY, 0);
	cr_expect_eq(query.count.sum.count, DEADLETTER_QUERY_GROUPS + 50);
	cr_assert_eq(query.count.group_count, DEADLETTER_QUERY_GROUPS);
	cr_expect_str_eq(query.count.groups[0].table, "other");
	cr_expect_eq(query.count.groups[0].count, 51);
}

Test(query, stops_when_it_is_told)
{
	struct deadletter_reader_filter any = DEADLETTER_READER_ANY;
	atomic_bool stop = true;
	struct err err = { 0 };

	put("t", "r", 1, 1);
	cr_assert(deadletter_query_read(&query, root, &any, 1, &stop, &err));
	cr_expect_not(query.complete);
	cr_expect_eq(query.count.sum.count, 0);
}
