/*
 * Letters are kept, taken back and left by some threads, while jobs look at
 * them, replay and purge them: none is lost, none is there twice.
 *
 *	admin_job_threads		for the thread sanitizer, too
 */
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/deadletter/admin_job.h"

#define WRITERS 3
#define ROUNDS  100
#define MIB     (1 << 20)

static char root[] = "/tmp/job-threads-XXXXXX";
static char letters_folder[64], log_folder[64];
static struct deadletter_store *letters;
static struct admin_jobs *jobs;
static struct spool *spool;
static struct tables *tables;
static atomic_bool writers_done;
static atomic_uint_fast64_t kept, replayed, purged;
static atomic_int writers_ended;
static sem_t done;

static void
must(bool ok, const struct err *err)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", err->text);
	abort();
}

static void
start(void)
{
	struct tables_options named = { .max_unconfigured = 4 };
	struct deadletter_store_options dead = { .max_bytes = 64 * MIB };
	struct spool_options logged = { .memory_bytes = 8 * MIB,
		.max_bytes = 64 * MIB,
		.segment_bytes = 4 * MIB,
		.largest_bytes = MIB,
		.seed = 1,
		.now = clock_now(),
		.wall_ms = clock_wall_ms() };
	struct admin_job_uses uses = { 0 };
	struct err err = { 0 };

	named.defaults.batch.max_bytes = MIB;
	named.defaults.events = (struct event_options){
		.max_age_ms = 3600000, .max_ahead_ms = 3600000, .max_depth = 64
	};
	assert(mkdtemp(root) != NULL);
	snprintf(letters_folder, sizeof letters_folder, "%s/dead", root);
	snprintf(log_folder, sizeof log_folder, "%s/log", root);
	dead.directory = letters_folder;
	logged.directory = log_folder;
	must(tables_open(&tables, &named, &err), &err);
	logged.tables = tables;
	must(spool_open(&spool, &logged, &err), &err);
	must(deadletter_store_open(&letters, &dead, &err), &err);
	uses.letters = letters;
	uses.replay = (struct replay_uses){ .directory = letters_folder,
		.tables = tables,
		.spool = spool,
		.largest_bytes = MIB,
		.ack_timeout_ms = 60000 };
	must(admin_job_open(&jobs, &uses, &err), &err);
	sem_init(&done, 0, 0);
}

/* Every other one can be replayed. */
static void
write_letter(struct buffer *line, int round)
{
	char event[100], now[CLOCK_UTC_ROOM];
	struct deadletter_record letter = { .table = SPAN("t"),
		.reason = SPAN("r") };

	letter.at_ms = clock_wall_ms();
	clock_utc(letter.at_ms, now);
	snprintf(event, sizeof event, "{\"%s\":\"%s\"}",
	    round % 2 ? "__time" : "time", now);
	letter.event = span_of(event);
	buffer_reset(line);
	assert(deadletter_record_append(line, &letter));
}

static void *
writer(void *arg)
{
	struct deadletter_store_ref place;
	struct buffer line;
	struct err err = { 0 };

	(void)arg;
	buffer_init(&line, 1000);
	for (int round = 0; round < ROUNDS; round++) {
		write_letter(&line, round);
		assert(deadletter_store_append(letters,
			   (struct span){ line.at, line.len }, &place,
			   &err) == DEADLETTER_STORE_KEPT);
		if (round % 5 == 0) {
			must(deadletter_store_take_back(letters, &place, &err),
			    &err);
			continue;
		}
		atomic_fetch_add(&kept, 1);
		deadletter_store_release(letters, &place);
	}
	buffer_fini(&line);
	atomic_fetch_add(&writers_ended, 1);
	return NULL;
}

static void *
pump(void *arg)
{
	struct pollfd wakeup = { .fd = spool_fd(spool), .events = POLLIN };
	struct record *record, *next;
	uint64_t *events = arg;

	do {
		for (record = spool_take(spool); record != NULL;
		     record = next) {
			next = record->next;
			*events += record->events;
			spool_ack(spool, record, clock_now());
		}
		poll(&wakeup, 1, 10);
	} while (
	    !atomic_load(&writers_done) || *events < atomic_load(&replayed));
	return NULL;
}

static void
on_done(void *arg, struct admin_job_report *report)
{
	(void)arg;
	must(report->ok, &report->err);
	atomic_fetch_add(&replayed, report->replay.replayed);
	atomic_fetch_add(&purged, report->purge.removed);
	admin_job_report_fini(report);
	sem_post(&done);
}

static void
begin(enum admin_job_kind kind)
{
	struct admin_job_request order = {
		.kind = kind, .before_ms = INT64_MAX, .limit = 5
	};

	assert(
	    admin_job_start(jobs, &order, on_done, NULL) == ADMIN_JOB_STARTED);
}

int
main(void)
{
	pthread_t writers[WRITERS], pumping;
	uint64_t delivered = 0;
	char command[100];

	start();
	pthread_create(&pumping, NULL, pump, &delivered);
	for (int i = 0; i < WRITERS; i++)
		pthread_create(&writers[i], NULL, writer, NULL);
	for (int round = 0; round < 8 || writers_ended < WRITERS; round++) {
		begin(round % 4 == 3 ? ADMIN_JOB_PURGE : ADMIN_JOB_REPLAY);
		begin(ADMIN_JOB_QUERY);
		sem_wait(&done);
		sem_wait(&done);
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	begin(ADMIN_JOB_PURGE);
	sem_wait(&done);
	atomic_store(&writers_done, true);
	pthread_join(pumping, NULL);
	printf("kept %llu, replayed %llu, purged %llu\n",
	    (unsigned long long)kept, (unsigned long long)replayed,
	    (unsigned long long)purged);
	assert(delivered == replayed);
	assert(replayed + purged == kept);
	admin_job_close(&jobs);
	deadletter_store_close(&letters);
	spool_close(&spool);
	tables_close(&tables);
	snprintf(command, sizeof command, "rm -r %s", root);
	return system(command);
}
