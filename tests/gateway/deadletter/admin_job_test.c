#include "gateway/deadletter/admin_job.h"

#include <criterion/criterion.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scratch.h"

static char root[] = "/tmp/job-XXXXXX";
static struct deadletter_store *letters;
static struct admin_jobs *jobs;
static struct deadletter_store_ref open_place; /* delays a rotation */
static sem_t done;
static struct admin_job_report reports[8];
static atomic_int report_count;

static void
begin(void)
{
	struct deadletter_store_options options = { .max_bytes = 1 << 20 };
	struct admin_job_uses uses = { 0 };
	struct err err = { 0 };

	cr_assert_not_null(mkdtemp(root));
	options.directory = root;
	cr_assert(
	    deadletter_store_open(&letters, &options, &err), "%s", err.text);
	uses.letters = letters;
	uses.replay.directory = root;
	uses.replay.ack_timeout_ms = 60000;
	cr_assert(admin_job_open(&jobs, &uses, &err), "%s", err.text);
	sem_init(&done, 0, 0);
}

static void
end(void)
{
	admin_job_close(&jobs);
	for (int i = 0; i < report_count; i++)
		admin_job_report_fini(&reports[i]);
	deadletter_store_close(&letters);
	cr_assert(scratch_remove(root));
}

TestSuite(admin_job, .init = begin, .fini = end);

static void
on_done(void *arg, struct admin_job_report *report)
{
	(void)arg;
	reports[report_count++] = *report;
	sem_post(&done);
}

static enum admin_job_answer
start(enum admin_job_kind kind)
{
	struct admin_job_request order = {
		.kind = kind, .before_ms = INT64_MAX, .limit = 3
	};

	return admin_job_start(jobs, &order, on_done, NULL);
}

static void
keep(struct deadletter_store_ref *place_out)
{
	static const struct span line =
	    SPAN("{\"at\":\"2022-04-16T00:46:58.771Z\",\"table\":\"t\","
		 "\"reason\":\"r\",\"event\":\"{}\"}\n");
	struct err err = { 0 };

	cr_assert_eq(deadletter_store_append(letters, line, place_out, &err),
	    DEADLETTER_STORE_KEPT);
}

Test(admin_job, is_done_in_its_own_time_and_reported)
{
	keep(NULL);
	keep(NULL);
	cr_assert_eq(start(ADMIN_JOB_QUERY), ADMIN_JOB_STARTED);
	sem_wait(&done);
	cr_assert(reports[0].ok, "%s", reports[0].err.text);
	cr_expect_eq(reports[0].query->count.sum.count, 2);
	cr_assert_eq(start(ADMIN_JOB_PURGE), ADMIN_JOB_STARTED);
	sem_wait(&done);
	cr_assert(reports[1].ok, "%s", reports[1].err.text);
	cr_expect_eq(reports[1].purge.removed, 2);
	cr_expect_eq(deadletter_store_bytes(letters), 0, "counted again");
	/* Whoever was told may ask again at once. */
	for (int i = 0; i < 5; i++) {
		cr_assert_eq(
		    start(ADMIN_JOB_PURGE), ADMIN_JOB_STARTED, "%d", i);
		sem_wait(&done);
	}
}

Test(admin_job, of_those_that_change_there_is_one_at_a_time)
{
	keep(&open_place);
	cr_assert_eq(start(ADMIN_JOB_PURGE), ADMIN_JOB_STARTED);
	cr_expect_eq(start(ADMIN_JOB_PURGE), ADMIN_JOB_BUSY);
	cr_expect_eq(start(ADMIN_JOB_REPLAY), ADMIN_JOB_BUSY);
	cr_assert_eq(
	    start(ADMIN_JOB_QUERY), ADMIN_JOB_STARTED, "that hinders none");
	sem_wait(&done);
	cr_expect_eq(reports[0].kind, ADMIN_JOB_QUERY);
	deadletter_store_release(letters, &open_place);
	sem_wait(&done);
	cr_expect_eq(reports[1].kind, ADMIN_JOB_PURGE);
	cr_expect_eq(reports[1].purge.removed, 1);
}

Test(admin_job, under_way_ends_when_the_gateway_does)
{
	keep(&open_place);
	cr_assert_eq(start(ADMIN_JOB_PURGE), ADMIN_JOB_STARTED);
	admin_job_stop(jobs);
	sem_wait(&done);
	cr_expect_not(reports[0].ok);
	cr_expect(reports[0].stopped);
	cr_expect_not_null(strstr(reports[0].err.text, "ending"));
	cr_expect_eq(start(ADMIN_JOB_QUERY), ADMIN_JOB_STOPPING);
	admin_job_close(&jobs);
	cr_expect_null(jobs);
	admin_job_close(&jobs);
}
