/*
 * The spool on a directory: what comes while a backlog waits on disk.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/spool/spool.h"
#include "gateway/spool/spool_stats.h"
#include "tests/support/scratch.h"

#define MEMORY  (1 << 20)
#define LINE    1000
#define BACKLOG 4000 /* records: four times the memory */
#define HELD    8000

static char directory[] = "/tmp/ahead_test.XXXXXX";
static struct spool *spool;
static struct tables *tables;
static struct table *table;
static int64_t now_ns = NS_PER_S;

static struct {
	struct record *record;
	int number;
} held[HELD];
static int held_count;

static struct instant
now(void)
{
	return (struct instant){ now_ns += NS_PER_MS };
}

static void
begin(void)
{
	struct tables_options names = { .max_unconfigured = 4 };
	struct spool_options options = { .memory_bytes = MEMORY,
		.directory = directory,
		.max_bytes = 256 << 20,
		.segment_bytes = 8 << 20,
		.largest_bytes = 1 << 20,
		.seed = 1,
		.now = { NS_PER_S },
		.wall_ms = 1000 };
	struct err err = { 0 };

	cr_assert(mkdtemp(directory) != NULL);
	cr_assert(tables_open(&tables, &names, &err));
	cr_assert_eq(
	    tables_find(tables, SPAN("t"), now(), &table), TABLE_FOUND);
	options.tables = tables;
	cr_assert(spool_open(&spool, &options, &err), "%s", err.text);
}

static void
end(void)
{
	while (held_count > 0)
		spool_abandon(spool, held[--held_count].record, now());
	spool_close(&spool);
	table_release(table, now());
	tables_close(&tables);
	cr_expect(scratch_remove(directory));
}

TestSuite(ahead, .init = begin, .fini = end);

/* Takes what there is; waits until something was, but not for ever. */
static void
take(int patience_ms)
{
	struct pollfd wakeup = { .fd = spool_fd(spool), .events = POLLIN };
	struct record *record, *next;

	poll(&wakeup, 1, patience_ms);
	for (record = spool_take(spool); record != NULL; record = next) {
		next = record->next;
		cr_assert_lt(held_count, HELD);
		held[held_count].record = record;
		held[held_count++].number = atoi(record->lines);
	}
}

static void
append(int number)
{
	struct record *record = record_new(LINE);
	bool ring = false;

	record->bytes = LINE;
	snprintf(record->lines, LINE, "%8d", number);
	memset(record->lines + 8, 'x', LINE - 9);
	record->lines[LINE - 1] = '\n';
	record->events = 1;
	record->accepted = now();
	record->accepted_ms = now_ns / NS_PER_MS;
	record->table = table;
	table_hold(table);
	/* What is not yet committed is bounded too. */
	for (int i = 0; !spool_put(spool, record, &ring); i++) {
		cr_assert_lt(i, 100000);
		take(1);
	}
	if (ring)
		spool_wake(spool);
}

/* Where it is among those held; -1: it is not. */
static int
find(int number)
{
	int i = held_count - 1;

	while (i >= 0 && held[i].number != number)
		i--;
	return i;
}

static uint64_t
waiting(void)
{
	return spool_waiting(spool, table).records;
}

/* Until all is committed, and the eventfd is silent. */
static void
settle_down(uint64_t records)
{
	for (int i = 0; i < 10000 && waiting() != records; i++)
		take(10);
	cr_assert_eq(waiting(), records);
	for (int before = -1; before != held_count;) {
		before = held_count;
		take(100);
	}
}

static void
deliver(int i)
{
	spool_ack(spool, held[i].record, now());
	held_count--;
	memmove(
	    held + i, held + i + 1, (size_t)(held_count - i) * sizeof held[0]);
}

Test(ahead, what_comes_does_not_wait_for_the_backlog_on_disk)
{
	int delivered = 0, number = BACKLOG;

	for (int i = 0; i < BACKLOG; i++)
		append(i);
	settle_down(BACKLOG);
	cr_expect_lt(held_count, BACKLOG / 2, "most of it is on disk");

	/* It begins to drain. */
	deliver(0);
	delivered++;
	settle_down(BACKLOG - 1);

	/* Of both in turn, as the pump does: each is there before the rest. */
	while (delivered < 200) {
		deliver(0);
		delivered++;
		append(number);
		for (int i = 0; i < 10000 && find(number) == -1; i++)
			take(10);
		cr_assert_neq(find(number), -1, "%d", number);
		deliver(find(number++));
		delivered++;
	}

	/* They have their room, and no more than that. */
	for (int i = 0; i < 2000; i++)
		append(number++);
	settle_down((uint64_t)(number - delivered));
	cr_expect_leq(held_count, 2 * MEMORY / LINE);
	cr_expect_eq(find(number - 1), -1, "beyond it they wait on disk too");

	/* And all of it comes in the end, once. */
	while (delivered < number) {
		while (held_count == 0)
			take(1000);
		deliver(0);
		delivered++;
	}
	for (int i = 0; i < 100000 && waiting() > 0; i++)
		take(1);
	cr_expect_eq(waiting(), 0);
	cr_expect_eq(held_count, 0);
}
