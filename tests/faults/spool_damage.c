/*
 * Damage to a spool's files, place by place: spool_damage [STEP].
 * With a STEP, only every STEP-th bit: a sample of the whole.
 *
 * A spool of known records is written once, then damaged and opened again in
 * every way of the tables below.  Each time: no record comes that was not
 * written, none comes twice, none that the damage did not touch is missing,
 * and what is missing is told.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/spool/committer.h"
#include "tests/faults/sim_disk.h"

#define RECORDS 40
#define SEGMENT (16 * 1024)
#define SECTOR  4096
#define NAME    "0000000000000001.seg"

static struct tables *tables;
static struct table *table;
static int wakeup_fd;
static int64_t now_ns = NS_PER_S;
static const char *doing;
static uint64_t doing_at;

#define CHECK(what, ...)                                                       \
	do {                                                                   \
		if (!(what)) {                                                 \
			printf("%s at %" PRIu64 ": ", doing, doing_at);        \
			printf(__VA_ARGS__);                                   \
			printf(" [%s]\n", #what);                              \
			fflush(stdout);                                        \
			abort();                                               \
		}                                                              \
	} while (0)

static struct committer_options
options_of(struct sim *sim)
{
	return (struct committer_options){
		.journal = {
			.io = sim_disk(sim),
			.tables = tables,
			.max_bytes = 8 * SEGMENT,
			.segment_bytes = SEGMENT,
			.largest_bytes = 2000,
			.resident_bytes = 1 << 20,
			.seed = 5,
			.now = { now_ns },
			.wall_ms = 1000,
		},
		.pending_bytes = 1 << 20,
		.by_hand = true,
		.visible_fd = wakeup_fd,
	};
}

static struct committer *
start(struct sim *sim)
{
	struct committer_options options = options_of(sim);
	struct committer *committer = NULL;
	struct err err = { 0 };

	CHECK(committer_start(&committer, &options, &err), "%s", err.text);
	return committer;
}

static void
settle_down(struct committer *committer)
{
	for (int quiet = 0; quiet < 3;) {
		committer_cycle(committer);
		quiet = committer_run_job(committer) ? 0 : quiet + 1;
	}
}

static int
text_of(char *to, int number)
{
	return sprintf(to, "{\"__time\":\"2026-11-01T00:00:%02d\",\"n\":%d}\n",
	    number % 60, number);
}

static void
append(struct committer *committer, int number)
{
	struct record *record = record_new(100);
	bool ring = false; /* by hand: nobody sleeps */

	record->bytes = (uint32_t)text_of(record->lines, number);
	record->events = 1;
	record->accepted = (struct instant){ ++now_ns };
	record->accepted_ms = 1000;
	record->table = table;
	table_hold(table);
	CHECK(committer_put(committer, record, &ring), "append");
	committer_cycle(committer);
}

/*
 * Opens, reads everything, closes.  seen[n]: how often record n came.  Gives
 * how many records the spool says it could not read.
 */
static uint64_t
recover(struct sim *sim, int seen[RECORDS])
{
	struct committer *committer = start(sim);
	struct record *record, *next;
	char want[100], line[200];
	uint64_t damaged;
	int number, len;

	memset(seen, 0, RECORDS * sizeof *seen);
	settle_down(committer);
	for (record = committer_visible(committer); record != NULL;
	     record = next) {
		next = record->next;
		/* The lines end without a NUL. */
		snprintf(line, sizeof line, "%.*s", (int)record->bytes,
		    record->lines);
		CHECK(sscanf(line, "{\"__time\":\"%*[^\"]\",\"n\":%d",
			  &number) == 1 &&
			  number >= 0 && number < RECORDS,
		    "invented");
		len = text_of(want, number);
		CHECK((uint32_t)len == record->bytes &&
			  memcmp(want, record->lines, (size_t)len) == 0,
		    "bytes of %d", number);
		seen[number]++;
		record->abandoned = true;
		committer_end(committer, record, (struct instant){ ++now_ns });
	}
	damaged = committer_journal(committer)->counts.damaged_records +
		  committer_journal(committer)->counts.damaged_segments;
	committer_stop(&committer);
	return damaged;
}

/* At most `may_miss` records missing, from `first_at_risk` on. */
static void
check(struct sim *damaged, int may_miss, int first_at_risk, bool told)
{
	int seen[RECORDS], missing = 0;
	uint64_t damage = recover(damaged, seen);

	for (int i = 0; i < RECORDS; i++) {
		CHECK(seen[i] <= 1, "record %d came %d times", i, seen[i]);
		missing += seen[i] == 0;
		CHECK(seen[i] == 1 || i >= first_at_risk, "record %d", i);
	}
	CHECK(missing <= may_miss, "%d are missing", missing);
	CHECK(missing == 0 || damage > 0 || !told, "not told");
}

static char *
segment_file(struct sim *sim, uint64_t *size)
{
	const char *name;
	char *bytes;

	for (int i = 0; (bytes = sim_file(sim, i, &name, size)) != NULL; i++)
		if (strcmp(name, NAME) == 0)
			return bytes;
	abort();
}

/* `sealed`: closed in good order, so that there is a footer. */
static struct sim *
write_spool(bool sealed)
{
	struct sim *sim = sim_open(3);
	struct committer *committer = start(sim);

	settle_down(committer);
	for (int i = 0; i < RECORDS; i++)
		append(committer, i);
	if (!sealed)
		sim_kill(sim);
	for (struct record *r = committer_visible(committer), *next; r != NULL;
	     r = next) {
		next = r->next;
		r->abandoned = true;
		committer_end(committer, r, (struct instant){ ++now_ns });
	}
	committer_stop(&committer);
	sim_start(sim, false);
	return sim;
}

static uint64_t
end_of_frames(struct sim *sim)
{
	uint64_t size, at;
	char *bytes = segment_file(sim, &size);

	for (at = SEGMENT_HEADER;;) {
		size_t step =
		    frame_peek(bytes + at, frame_peek_epoch(bytes + at));

		if (step == 0)
			return at;
		at += step;
	}
}

static void
every_bit(bool sealed, uint64_t step)
{
	struct sim *whole = write_spool(sealed), *sim;
	uint64_t size;
	char *bytes;

	doing = sealed ? "bit of a sealed segment" : "bit of an open segment";
	for (uint64_t bit = 0; bit < SEGMENT * 8; bit += step) {
		doing_at = bit;
		sim = sim_copy(whole);
		bytes = segment_file(sim, &size);
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		/* The last of an open one looks like a torn commit. */
		check(sim, 1, 0, sealed);
		sim_free(sim);
	}
	sim_free(whole);
}

static void
fill(char *bytes, uint64_t len, int how, const char *stale)
{
	switch (how) {
	case 0:
		memset(bytes, 0, len);
		break;
	case 1:
		memset(bytes, 0xff, len);
		break;
	case 2:
		for (uint64_t i = 0; i < len; i++)
			bytes[i] = (char)(i * 131 + 7);
		break;
	case 3: /* what a former life of the file left there */
		memcpy(bytes, stale, len);
		break;
	}
}

static uint64_t
start_of(const char *bytes, int number)
{
	uint64_t at = SEGMENT_HEADER;

	while (number-- > 0)
		at += frame_peek(bytes + at, frame_peek_epoch(bytes + at));
	return at;
}

/* The file torn at every byte of the last three records. */
static void
torn_tail(void)
{
	struct sim *whole = write_spool(false), *former = write_spool(false);
	struct sim *sim;
	uint64_t size, from, tail = end_of_frames(whole);
	char *bytes = segment_file(whole, &size), *stale;
	int lost;

	doing = "torn tail";
	stale = segment_file(former, &size);
	/* Of another epoch, so that it is a former life's indeed. */
	for (uint64_t at = SEGMENT_HEADER; at < tail;) {
		size_t step =
		    frame_peek(stale + at, frame_peek_epoch(stale + at));
		struct frame f;

		frame_get(&f, stale + at, step);
		f.epoch -= UINT64_C(1) << 32;
		frame_head_put(&f, stale + at);
		at += step;
	}
	from = start_of(bytes, RECORDS - 3);
	for (uint64_t at = from; at <= tail; at++) {
		doing_at = at;
		lost = 0;
		for (int i = RECORDS - 3; i < RECORDS; i++)
			lost += start_of(bytes, i + 1) > at;
		for (int how = 0; how < 4; how++) {
			sim = sim_copy(whole);
			fill(segment_file(sim, &size) + at, SEGMENT - at, how,
			    stale + at);
			check(sim, lost, RECORDS - lost, false);
			sim_free(sim);
		}
	}
	sim_free(former);
	sim_free(whole);
}

/* Is any byte of the record's frame among these? */
static bool
touches(const char *bytes, int number, uint64_t at)
{
	return start_of(bytes, number) < at + SECTOR &&
	       at < start_of(bytes, number + 1);
}

/* A disk that can read all but one of its sectors. */
static void
every_sector(bool sealed)
{
	struct sim *whole = write_spool(sealed), *sim;
	int seen[RECORDS];
	uint64_t size, damage;
	char *bytes = segment_file(whole, &size);
	bool lost;

	doing =
	    sealed ? "sector of a sealed segment" : "sector of an open segment";
	for (uint64_t at = 0; at < SEGMENT; at += SECTOR) {
		doing_at = at;
		lost = false;
		sim = sim_copy(whole);
		sim_set_unreadable(sim, NAME, at, SECTOR);
		damage = recover(sim, seen);
		for (int i = 0; i < RECORDS; i++) {
			CHECK(seen[i] == !touches(bytes, i, at),
			    "record %d came %d times", i, seen[i]);
			lost |= seen[i] == 0;
		}
		CHECK(damage > 0 || !lost, "not told");
		sim_free(sim);
	}
	sim_free(whole);
}

/* One that reads nothing for a while: it is waited for. */
static void
away(bool sealed)
{
	static const struct sim_fault faults[] = {
		{ SIM_READ, 3, EIO, true },
		{ SIM_READ, 4, EIO, true },
		{ SIM_READ, 3, EIO, false },
	};
	struct sim *whole = write_spool(sealed), *sim;
	struct committer *committer;
	int seen[RECORDS];

	doing = sealed ? "away, sealed" : "away, open";
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		doing_at = i;
		sim = sim_copy(whole);
		committer = start(sim);
		sim_set_fault(sim, faults[i]);
		for (int k = 0; k < 100; k++) {
			committer_cycle(committer);
			(void)committer_run_job(committer);
		}
		sim_kill(sim);
		committer_stop(&committer);
		sim_start(sim, false);
		(void)recover(sim, seen);
		for (int k = 0; k < RECORDS; k++)
			CHECK(seen[k] == 1, "record %d", k);
		sim_free(sim);
	}
	sim_free(whole);
}

/* What cannot be opened is not done without: the start says which it is. */
static void
closed_file(void)
{
	struct sim *sim = write_spool(true);
	struct committer *committer = NULL;
	struct committer_options options = options_of(sim);
	struct err err = { 0 };
	int seen[RECORDS];

	doing = "a file that cannot be opened";
	sim_set_fault(sim, (struct sim_fault){ SIM_OPEN, 1, EMFILE, true });
	CHECK(!committer_start(&committer, &options, &err), "it starts");
	CHECK(strstr(err.text, NAME) != NULL, "%s", err.text);
	sim_start(sim, false);
	(void)recover(sim, seen);
	for (int i = 0; i < RECORDS; i++)
		CHECK(seen[i] == 1, "record %d", i);
	sim_free(sim);
}

int
main(int argc, char **argv)
{
	uint64_t step = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	struct tables_options options = { .max_unconfigured = 4 };
	struct err err = { 0 };

	wakeup_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (wakeup_fd == -1 || !tables_open(&tables, &options, &err))
		return 70;
	tables_find(tables, SPAN("t"), (struct instant){ 1 }, &table);
	every_bit(false, step);
	every_bit(true, step);
	torn_tail();
	for (int sealed = 0; sealed < 2; sealed++) {
		every_sector(sealed == 1);
		away(sealed == 1);
	}
	closed_file();
	table_release(table, (struct instant){ 1 });
	tables_close(&tables);
	close(wakeup_fd);
	printf("every %s bit of two segments, every byte of a tail, "
	       "every sector: "
	       "0 lost beyond the damage, 0 invented\n",
	    step == 1 ? "single" : "n-th");
	return 0;
}
