/*
 * The spool with its threads, on a real directory, for the thread sanitizer:
 * spool_threads [RECORDS].
 *
 * Workers append, each record with a completion; a pump takes, settles parts in
 * changing order, leaves some for later.  In the end every record that was
 * acknowledged has been settled exactly once, and the spool is empty; then it
 * is opened again and is empty still.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/spool/spool.h"
#include "gateway/spool/spool_stats.h"

#define WORKERS 4
#define TABLES  3
#define EVENTS  4

#define CHECK(what)                                                            \
	do {                                                                   \
		if (!(what)) {                                                 \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #what);      \
			fflush(stdout);                                        \
			abort();                                               \
		}                                                              \
	} while (0)

static struct spool *spool;
static struct tables *tables;
static struct table *table[TABLES];
static int records = 4000;
static atomic_int acked, refused;
static atomic_int_fast64_t ticks = 1;
static unsigned char *settled; /* by event */

static struct instant
now(void)
{
	return (struct instant){ atomic_fetch_add(&ticks, 1000) };
}

static struct record *
record_of(int number)
{
	struct record *record = record_new(400);

	for (int i = 0; i < EVENTS; i++)
		record->bytes +=
		    (uint32_t)sprintf(record->lines + record->bytes,
			"{\"n\":%d,\"e\":%d}\n", number, i);
	record->events = EVENTS;
	record->accepted = now();
	record->accepted_ms = 1;
	record->table = table[number % TABLES];
	table_hold(record->table);
	return record;
}

static enum completion_result
wait_for(struct completion_box *box)
{
	struct pollfd wakeup = { .fd = box->fd, .events = POLLIN };
	struct completion *completion;

	do
		poll(&wakeup, 1, -1);
	while ((completion = completion_box_take(box)) == NULL);
	CHECK(completion->next == NULL);
	return completion->result;
}

/* Both ways: the committer's thread is rung, or helped. */
static bool
keep(struct record *record, bool helps)
{
	bool ring = false;

	if (!spool_put(spool, record, &ring))
		return false;
	if (ring && helps)
		spool_help(spool);
	else if (ring)
		spool_wake(spool);
	return true;
}

static void *
work(void *arg)
{
	int first = *(int *)arg;
	struct completion_box box;
	struct completion completion;
	struct record *record;
	enum completion_result result;
	struct err err;

	CHECK(completion_box_init(&box, &err));
	for (int n = first; n < records; n += WORKERS) {
		do {
			completion = (struct completion){ .box = &box,
				.until = COMPLETION_UNTIL_DURABLE };
			record = record_of(n);
			record->completion = &completion;
			while (!keep(record, n % 2 == 0))
				usleep(1000); /* full: the pump is at it */
			result = wait_for(&box);
			CHECK(result == COMPLETION_DURABLE ||
			      result == COMPLETION_SPOOL_FULL);
			atomic_fetch_add(
			    result == COMPLETION_DURABLE ? &acked : &refused,
			    1);
		} while (result == COMPLETION_SPOOL_FULL);
	}
	completion_box_fini(&box);
	return NULL;
}

/* From a copy that ends: sscanf looks for the end of all its input. */
static int
number_of(const struct record *record)
{
	char head[32] = "";
	int n = -1;

	memcpy(head, record->lines,
	    record->bytes < sizeof head ? record->bytes : sizeof head - 1);
	CHECK(sscanf(head, "{\"n\":%d,", &n) == 1);
	CHECK(n >= 0 && n < records);
	return n;
}

static int
settle(struct record *record, uint32_t from, uint32_t count)
{
	int n = number_of(record);

	for (uint32_t i = from; i < from + count; i++)
		settled[n * EVENTS + (int)(record->first_event + i)]++;
	return (int)count;
}

/* Gives the number of events settled. */
static int
pump_one(struct record *record, int turn)
{
	int done = 0;

	switch (turn % 4) {
	case 0:
		if (record->events > 1) {
			done = settle(record, 1, 1);
			spool_ack_part(spool, record, 1, 1);
			spool_abandon(spool, record, now());
			break;
		}
		/* fall through */
	case 1:
		done = settle(record, 0, record->events);
		spool_ack(spool, record, now());
		break;
	default:
		for (uint32_t i = record->events; i > 0; i--) {
			done += settle(record, i - 1, 1);
			spool_ack_part(spool, record, i - 1, 1);
		}
		spool_ack(spool, record, now());
	}
	return done;
}

static void
pump(void)
{
	struct pollfd wakeup = { .fd = spool_fd(spool), .events = POLLIN };
	struct record *record, *next;
	int done = 0, turn = 0;

	while (done < records * EVENTS) {
		poll(&wakeup, 1, 1000);
		for (record = spool_take(spool); record != NULL;
		     record = next) {
			next = record->next;
			done += pump_one(record, turn++);
			(void)spool_waiting(spool, table[turn % TABLES]);
			(void)spool_health(spool);
		}
		if (turn % 64 == 0)
			spool_want(
			    spool, table[turn / 64 % TABLES], UINT64_MAX);
	}
}

static void
open_it(char *directory)
{
	struct spool_options options = {
		.memory_bytes = 256 * 1024,
		.directory = directory,
		.max_bytes = 8 * 1024 * 1024,
		.segment_bytes = 256 * 1024,
		.largest_bytes = 4096,
		.tables = tables,
		.seed = 1,
		.now = now(),
		.wall_ms = 1,
	};
	struct err err = { 0 };

	if (spool_open(&spool, &options, &err))
		return;
	printf("%s\n", err.text);
	exit(1);
}

static void
await_recovery(void)
{
	for (int i = 0; i < 60000 && spool_health(spool).recovering; i++)
		usleep(1000);
	CHECK(!spool_health(spool).recovering);
}

int
main(int argc, char **argv)
{
	struct tables_options options = { .max_unconfigured = TABLES };
	char directory[] = "/tmp/spool_threads_XXXXXX", command[64];
	pthread_t threads[WORKERS];
	int first[WORKERS];
	struct err err;

	if (argc > 1)
		records = atoi(argv[1]);
	settled = calloc((size_t)records * EVENTS, 1);
	CHECK(settled != NULL && mkdtemp(directory) != NULL);
	CHECK(tables_open(&tables, &options, &err));
	for (int i = 0; i < TABLES; i++) {
		char name[] = { 't', (char)('0' + i), 0 };

		tables_find(tables, span_of(name), now(), &table[i]);
	}
	open_it(directory);
	for (int i = 0; i < WORKERS; i++) {
		first[i] = i;
		CHECK(pthread_create(&threads[i], NULL, work, &first[i]) == 0);
	}
	pump();
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	spool_close(&spool);
	for (int i = 0; i < records * EVENTS; i++)
		CHECK(settled[i] == 1);

	open_it(directory);
	await_recovery();
	CHECK(spool_health(spool).recovered_events == 0);
	CHECK(spool_bytes(spool) == 0);
	spool_close(&spool);
	for (int i = 0; i < TABLES; i++)
		table_release(table[i], now());
	tables_close(&tables);
	free(settled);
	snprintf(command, sizeof command, "rm -r %s", directory);
	CHECK(system(command) == 0);
	printf("%d records of %d workers: %d acked, %d refused, each event "
	       "settled once\n",
	    records, WORKERS, acked, refused);
	return 0;
}
