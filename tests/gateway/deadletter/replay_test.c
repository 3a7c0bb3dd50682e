#include "gateway/deadletter/replay.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/deadletter/replay_batch.h"
#include "tests/support/scratch.h"

#define MIB   (1 << 20)
#define TRIES 600 /* of 100 ms, at the most */

static char root[] = "/tmp/replay-XXXXXX";
static char letters[64], log_folder[64];
static struct tables *tables;
static struct spool *spool;
static struct replay_uses uses;
static struct replay told;
static atomic_bool stop;
static char now[CLOCK_UTC_ROOM];

static struct table_options
rules(void)
{
	return (struct table_options){
		.weight = 1,
		.batch = { .max_events = 60, .max_bytes = MIB },
		.events = { .max_age_ms = 3600000,
		    .max_ahead_ms = 3600000,
		    .max_depth = 64 },
	};
}

static void
begin(void)
{
	struct tables_options options = { .defaults = rules(),
		.max_unconfigured = 8 };
	struct err err = { 0 };

	cr_assert_not_null(mkdtemp(root));
	snprintf(letters, sizeof letters, "%s/letters", root);
	snprintf(log_folder, sizeof log_folder, "%s/log", root);
	cr_assert_eq(mkdir(letters, 0700), 0);
	cr_assert(tables_open(&tables, &options, &err), "%s", err.text);
	clock_utc(clock_wall_ms(), now);
}

static void
end(void)
{
	spool_close(&spool);
	tables_close(&tables);
	cr_assert(scratch_remove(root));
}

TestSuite(replay, .init = begin, .fini = end);

static void
open_spool(uint64_t max_bytes)
{
	struct spool_options options = {
		.memory_bytes = 8 * MIB,
		.directory = max_bytes > 0 ? log_folder : NULL,
		.max_bytes = max_bytes,
		.segment_bytes = 4 * MIB,
		.largest_bytes = MIB,
		.tables = tables,
		.seed = 1,
		.now = clock_now(),
		.wall_ms = clock_wall_ms(),
	};
	struct err err = { 0 };

	cr_assert(spool_open(&spool, &options, &err), "%s", err.text);
	uses = (struct replay_uses){
		.directory = letters,
		.tables = tables,
		.spool = spool,
		.largest_bytes = MIB,
		.ack_timeout_ms = 30000,
	};
}

static void
append_to(uint64_t number, struct span text)
{
	char name[DEADLETTER_FILE_NAME], path[128];
	int fd;

	deadletter_file_name(name, number);
	snprintf(path, sizeof path, "%s/%s", letters, name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	cr_assert_eq(write(fd, text.at, text.len), (ssize_t)text.len);
	close(fd);
}

static void
put(uint64_t number, const char *table, const char *producer, const char *event)
{
	struct deadletter_record letter = {
		.at_ms = 1,
		.table = span_of(table),
		.producer = span_of(producer),
		.reason = SPAN("refused"),
		.event = span_of(event),
	};
	struct buffer line;

	buffer_init(&line, 4 * MIB);
	cr_assert(deadletter_record_append(&line, &letter));
	append_to(number, (struct span){ line.at, line.len });
	buffer_fini(&line);
}

/* A good event, told apart by a text. */
static const char *
good(const char *mark)
{
	static char event[200];

	snprintf(event, sizeof event, "{\"__time\": \"%s\",\"n\":\"%s\"}", now,
	    mark);
	return event;
}

static void
replay(struct deadletter_reader_filter meant, uint64_t last)
{
	replay_run(&uses, &meant, last, &stop, &told);
}

/* How many letters stand in the files. */
static unsigned
standing(void)
{
	struct deadletter_reader *box = NULL;
	struct deadletter_reader_item item;
	struct err err = { 0 };
	enum deadletter_reader_kind kind;
	unsigned count = 0;

	cr_assert(deadletter_reader_open(&box, letters, &err));
	while ((kind = deadletter_reader_next(box, &item)) !=
	       DEADLETTER_READER_END)
		count += kind == DEADLETTER_READER_LETTER;
	deadletter_reader_close(&box);
	return count;
}

/* Of all records that the pump saw: "table/producer:lines" joined. */
static char seen[8000];

static void
see(const struct record *record)
{
	size_t len = strlen(seen);

	snprintf(seen + len, sizeof seen - len, "%s/%s:%.*s",
	    record->table->options.name,
	    record->producer != NULL ? record->producer : "",
	    (int)record->bytes, record->lines);
}

/* Takes what is replayed off the spool's hands; how many events there are. */
static uint64_t
take_all(void)
{
	struct pollfd wakeup = { .fd = spool_fd(spool), .events = POLLIN };
	struct record *record, *next;
	uint64_t events = 0;

	seen[0] = '\0';
	for (int round = 0; round < TRIES && events < told.replayed; round++) {
		(void)poll(&wakeup, 1, 100);
		for (record = spool_take(spool); record != NULL;
		     record = next) {
			next = record->next;
			events += record->events;
			see(record);
			spool_ack(spool, record, clock_now());
		}
	}
	return events;
}

Test(replay, brings_events_back_to_the_byte_with_table_and_producer)
{
	char want[1000], one[200], two[200], three[200];

	open_spool(64 * MIB);
	strcpy(one, good("1"));
	strcpy(two, good("\xc3\xa4 \\u0001 \\\""));
	strcpy(three, good("3"));
	put(1, "a", "p", one);
	put(1, "b", NULL, two);
	put(2, "a", "p", three);
	replay(DEADLETTER_READER_ANY, UINT64_MAX);
	cr_expect_eq(told.end, REPLAY_DONE, "%s", replay_end_word(told.end));
	cr_expect_eq(told.replayed, 3);
	cr_expect_eq(told.left, 0);
	cr_expect(told.left_known);
	snprintf(want, sizeof want, "a/p:%s\n%s\nb/:%s\n", one, three, two);
	cr_expect_eq(take_all(), 3);
	cr_expect_str_eq(seen, want);
	cr_expect_eq(standing(), 0);
	replay(DEADLETTER_READER_ANY, UINT64_MAX);
	cr_expect_eq(told.replayed, 0, "they are gone");
}

/* clang-format off */
static const struct {
	const char *table, *event;
	unsigned reason;
} stay[] = {
	{ "a",	"{\"n\":1}",				EVENT_TIME_MISSING },
	{ "a",	"{\"__time\":\"1999-01-01T00:00:00Z\"}", EVENT_TIME_TOO_OLD },
	{ "a",	"nonsense",				EVENT_NOT_JSON },
	{ "a",	"",					EVENT_NOT_JSON },
	{ "a",	"\n",					EVENT_NOT_JSON },
	{ "a",	"{\"a\":1}\n{\"b\":2}",			EVENT_TIME_MISSING },
	{ "a",	"[{}]",					EVENT_NOT_OBJECT },
	{ "no/such",	"{}",				REPLAY_UNKNOWN_TABLE },
	{ "..",	"{}",					REPLAY_UNKNOWN_TABLE },
};
/* clang-format on */

Test(replay, what_is_still_no_good_stays_and_is_counted)
{
	uint64_t want[REPLAY_REASONS] = { 0 };
	size_t count = sizeof stay / sizeof stay[0];
	char two[500];

	open_spool(64 * MIB);
	for (size_t i = 0; i < count; i++) {
		put(1, stay[i].table, NULL, stay[i].event);
		want[stay[i].reason]++;
	}
	/* Two events in one letter: neither may slip through. */
	snprintf(two, sizeof two, "%s\n", good("1"));
	strcat(two, good("2"));
	put(1, "a", NULL, two);
	want[EVENT_NOT_JSON]++;
	put(1, "a", NULL, good("x"));
	append_to(1, SPAN("a note of a person\n"));
	replay(DEADLETTER_READER_ANY, UINT64_MAX);
	cr_expect_eq(told.end, REPLAY_DONE);
	cr_expect_eq(told.replayed, 1);
	cr_expect_eq(told.damaged, 1);
	for (unsigned r = 0; r < REPLAY_REASONS; r++)
		cr_expect_eq(told.rejected[r], want[r], "%s: %llu",
		    replay_reason_word(r),
		    (unsigned long long)told.rejected[r]);
	cr_expect_eq(standing(), count + 1);
	cr_expect_eq(
	    tables_known(tables), 1, "no table was born of a bad name");
}

Test(replay, means_what_is_asked_for_and_no_file_behind_the_last)
{
	struct deadletter_reader_filter meant = DEADLETTER_READER_ANY;

	open_spool(64 * MIB);
	put(1, "a", NULL, good("1"));
	put(1, "b", NULL, good("2"));
	put(2, "a", NULL, good("3"));
	meant.table = SPAN("a");
	replay(meant, 1);
	cr_expect_eq(told.replayed, 1);
	cr_expect_eq(told.left, 0);
	cr_expect_eq(standing(), 2);
	meant.reason = SPAN("expired");
	replay(meant, 9);
	cr_expect_eq(told.replayed, 0);
}

Test(replay, of_many_goes_chunk_by_chunk)
{
	char mark[20];

	open_spool(64 * MIB);
	for (unsigned i = 0; i < 2 * REPLAY_BATCH_LETTERS + 7; i++) {
		snprintf(mark, sizeof mark, "%u", i);
		put(1 + i / 1000, i % 3 ? "a" : "b", NULL, good(mark));
	}
	replay(DEADLETTER_READER_ANY, UINT64_MAX);
	cr_expect_eq(told.replayed, 2 * REPLAY_BATCH_LETTERS + 7);
	cr_expect_eq(standing(), 0);
	cr_expect_eq(take_all(), told.replayed);
}

Test(replay, ends_where_the_spool_is_full_and_says_what_is_left)
{
	static char large[MIB / 2];
	unsigned count = 60;

	open_spool(24 * MIB);
	memset(large, ' ', sizeof large - 1);
	memcpy(large, good("1"), strlen(good("1")));
	for (unsigned i = 0; i < count; i++)
		put(1, "a", NULL, large);
	replay(DEADLETTER_READER_ANY, UINT64_MAX);
	cr_expect_eq(
	    told.end, REPLAY_SPOOL_FULL, "%s", replay_end_word(told.end));
	cr_expect(told.replayed > 0);
	cr_expect(told.left_known);
	cr_expect_eq(told.replayed + told.left, count);
	cr_expect_eq(standing(), told.left);
	cr_expect_eq(take_all(), told.replayed, "what is gone is kept");
}

Test(replay, that_is_told_to_stop_does)
{
	open_spool(64 * MIB);
	put(1, "a", NULL, good("1"));
	stop = true;
	replay(DEADLETTER_READER_ANY, UINT64_MAX);
	cr_expect_eq(told.end, REPLAY_STOPPED);
	cr_expect_not(told.left_known);
	cr_expect_eq(told.replayed, 0);
	cr_expect_eq(standing(), 1);
}

Test(replay, without_the_folder_is_told)
{
	open_spool(64 * MIB);
	uses.directory = "/tmp/no/such/folder";
	replay(DEADLETTER_READER_ANY, UINT64_MAX);
	cr_expect_eq(told.end, REPLAY_UNREADABLE);
	cr_expect_not_null(strstr(told.err.text, "/tmp/no/such/folder"));
}

/* ---------------------------------------------------- in memory alone -- */

/* What the pump does with the one record's completion. */
static void *
pump(void *result)
{
	struct pollfd wakeup = { .fd = spool_fd(spool), .events = POLLIN };
	struct record *record;

	(void)poll(&wakeup, 1, TRIES * 100);
	record = spool_take(spool);
	cr_assert_not_null(record);
	cr_expect_eq(record->completion->until, COMPLETION_UNTIL_DELIVERED);
	completion_complete(
	    record->completion, *(enum completion_result *)result);
	spool_ack(spool, record, clock_now());
	return NULL;
}

/* clang-format off */
static const struct {
	enum completion_result result;
	enum replay_end end;
	unsigned replayed, left;
} results[] = {
	{ COMPLETION_DELIVERED,	REPLAY_DONE,		1, 0 },
	{ COMPLETION_PARTLY_REFUSED,	REPLAY_DONE,		1, 0 },
	{ COMPLETION_WITHDRAWN,	REPLAY_NOT_DELIVERED,	0, 1 },
};
/* clang-format on */

Test(replay, without_a_disk_waits_for_the_upstream)
{
	open_spool(0);
	for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
		enum completion_result result = results[i].result;
		pthread_t thread;

		put(i + 1, "a", NULL, good("1"));
		pthread_create(&thread, NULL, pump, &result);
		replay(DEADLETTER_READER_ANY, UINT64_MAX);
		pthread_join(thread, NULL);
		cr_expect_eq(told.end, results[i].end, "%zu", i);
		cr_expect_eq(told.replayed, results[i].replayed, "%zu", i);
		cr_expect_eq(told.left, results[i].left, "%zu", i);
		cr_expect_eq(standing(), results[i].left, "%zu", i);
	}
}
