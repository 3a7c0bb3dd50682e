#include "gateway/deadletter/admin_job.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/log.h"

#define SLOTS (1 + ADMIN_JOB_QUERIES) /* the first is for replay and purge */

/* A request may take letters back until its ack times out. */
#define POLL_NS           (10 * NS_PER_MS)
#define ROTATION_SPARE_MS 5000

struct slot {
	struct admin_jobs *jobs;
	pthread_t thread;
	bool started; /* there is a thread to join */
	bool busy;
	struct admin_job_request request;
	void (*done)(void *arg, struct admin_job_report *report);
	void *arg;
};

struct admin_jobs {
	struct admin_job_uses uses;
	atomic_bool stopping;
	pthread_mutex_t lock; /* of `busy` in the slots */
	struct slot slots[SLOTS];
};

/* ---------------------------------------------------------------- work -- */

static struct deadletter_reader_filter
filter_of(const struct admin_job_request *request)
{
	return (struct deadletter_reader_filter){
		.table = span_of(request->table),
		.reason = span_of(request->reason),
		.since_ms = INT64_MIN,
		.before_ms = request->before_ms,
	};
}

static void
query(struct admin_jobs *jobs, const struct admin_job_request *request,
    struct admin_job_report *report)
{
	struct deadletter_reader_filter filter = filter_of(request);

	report->query = malloc(sizeof *report->query);
	if (report->query == NULL) {
		err_set(&report->err, ERR_HOST, 0, "no memory");
		return;
	}
	report->ok =
	    deadletter_query_read(report->query, jobs->uses.replay.directory,
		&filter, request->limit, &jobs->stopping, &report->err);
	report->stopped = report->ok && !report->query->complete;
}

/* The files up to *last_out are ours until the next rotation. */
static bool
rotate(struct admin_jobs *jobs, uint64_t *last_out,
    struct admin_job_report *report)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	int64_t ms =
	    (int64_t)jobs->uses.replay.ack_timeout_ms + ROTATION_SPARE_MS;
	struct instant until = { clock_now().ns + ms * NS_PER_MS };

	if (!deadletter_store_rotate(
		jobs->uses.letters, last_out, &report->err))
		return false;
	while (!deadletter_store_rotation_done(jobs->uses.letters)) {
		if (atomic_load(&jobs->stopping)) {
			report->stopped = true;
			return err_set(
			    &report->err, ERR_BUSY, 0, "the gateway is ending");
		}
		if (clock_now().ns > until.ns)
			return err_set(&report->err, ERR_BUSY, 0,
			    "requests whose invalid events are among the "
			    "letters are still under way; try again");
		nanosleep(&pause, NULL);
	}
	return true;
}

static uint64_t
rejected(const struct replay *replay)
{
	uint64_t sum = 0;

	for (unsigned r = 0; r < REPLAY_REASONS; r++)
		sum += replay->rejected[r];
	return sum;
}

static void
log_replay(const struct replay *r)
{
	const struct log_field counts[] = {
		LOG_INT("events", (int64_t)r->replayed),
		LOG_INT("rejected", (int64_t)rejected(r)),
		LOG_INT("left", (int64_t)r->left),
	};

	if (r->end == REPLAY_DONE)
		log_event(LOG_INFO, "dead_letters_replayed", counts[0],
		    counts[1], counts[2]);
	else
		log_event(LOG_WARN, "dead_letters_replayed", counts[0],
		    counts[1], counts[2],
		    LOG_STR("reason", r->err.kind != ERR_NONE
					  ? r->err.text
					  : replay_end_word(r->end)),
		    LOG_STR("advice", replay_end_text(r->end)));
}

static void
replay(struct admin_jobs *jobs, const struct admin_job_request *request,
    struct admin_job_report *report)
{
	struct deadletter_reader_filter filter = filter_of(request);
	struct replay *r = &report->replay;
	uint64_t last;

	if (!rotate(jobs, &last, report))
		return;
	replay_run(&jobs->uses.replay, &filter, last, &jobs->stopping, r);
	deadletter_store_recount(jobs->uses.letters);
	report->ok = true;
	report->stopped = r->end == REPLAY_STOPPED;
	log_replay(r);
}

static void
purge(struct admin_jobs *jobs, const struct admin_job_request *request,
    struct admin_job_report *report)
{
	const char *directory = jobs->uses.replay.directory;
	struct deadletter_reader_filter filter = filter_of(request);
	uint64_t last;
	int folder;

	if (!rotate(jobs, &last, report))
		return;
	folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder == -1) {
		err_set(&report->err, ERR_HOST, 0, "%.160s: %s", directory,
		    strerror(errno));
		return;
	}
	report->ok = deadletter_compaction_purge(folder, &filter, last,
	    &jobs->stopping, &report->purge, &report->err);
	close(folder);
	deadletter_store_recount(jobs->uses.letters);
	report->stopped = atomic_load(&jobs->stopping);
	if (report->ok)
		log_event(LOG_INFO, "dead_letters_purged",
		    LOG_INT("events", (int64_t)report->purge.removed),
		    LOG_INT("left", (int64_t)report->purge.left));
	else
		log_event(LOG_WARN, "dead_letters_stay",
		    LOG_STR("reason", report->err.text),
		    LOG_STR("advice", "not all of those that were to be "
				      "purged are gone; look at the disk"));
}

static void (*const kinds[])(struct admin_jobs *jobs,
    const struct admin_job_request *request,
    struct admin_job_report *report) = {
	[ADMIN_JOB_QUERY] = query,
	[ADMIN_JOB_REPLAY] = replay,
	[ADMIN_JOB_PURGE] = purge,
};

/* -------------------------------------------------------------- thread -- */

/*
 * The slot is free before `done` is called, because the caller may start the
 * next job at once.  That one overwrites the slot, so we work with copies.
 */
static void *
run(void *arg)
{
	struct slot *slot = arg;
	struct admin_jobs *jobs = slot->jobs;
	struct admin_job_request request = slot->request;
	void (*done)(void *, struct admin_job_report *) = slot->done;
	void *to = slot->arg;
	struct admin_job_report report = { .kind = request.kind };

	kinds[request.kind](jobs, &request, &report);
	pthread_mutex_lock(&jobs->lock);
	slot->busy = false;
	pthread_mutex_unlock(&jobs->lock);
	done(to, &report);
	return NULL;
}

/* NULL: all slots for this kind are busy. */
static struct slot *
take_slot(struct admin_jobs *jobs, enum admin_job_kind kind)
{
	size_t from = kind == ADMIN_JOB_QUERY ? 1 : 0;
	size_t to = kind == ADMIN_JOB_QUERY ? SLOTS : 1;
	struct slot *slot = NULL;

	pthread_mutex_lock(&jobs->lock);
	for (size_t i = from; i < to && slot == NULL; i++)
		if (!jobs->slots[i].busy)
			slot = &jobs->slots[i];
	if (slot != NULL)
		slot->busy = true;
	pthread_mutex_unlock(&jobs->lock);
	return slot;
}

enum admin_job_answer
admin_job_start(struct admin_jobs *jobs,
    const struct admin_job_request *request,
    void (*done)(void *arg, struct admin_job_report *report), void *arg)
{
	struct slot *slot;

	if (atomic_load(&jobs->stopping))
		return ADMIN_JOB_STOPPING;
	slot = take_slot(jobs, request->kind);
	if (slot == NULL)
		return ADMIN_JOB_BUSY;
	if (slot->started)
		pthread_join(slot->thread, NULL);
	slot->request = *request;
	slot->done = done;
	slot->arg = arg;
	slot->started = pthread_create(&slot->thread, NULL, run, slot) == 0;
	if (slot->started)
		return ADMIN_JOB_STARTED;
	pthread_mutex_lock(&jobs->lock);
	slot->busy = false;
	pthread_mutex_unlock(&jobs->lock);
	return ADMIN_JOB_STOPPING;
}

void
admin_job_report_fini(struct admin_job_report *report)
{
	if (report->query != NULL)
		deadletter_query_fini(report->query);
	free(report->query);
	report->query = NULL;
}

/* ---------------------------------------------------------------- life -- */

bool
admin_job_open(
    struct admin_jobs **out, const struct admin_job_uses *uses, struct err *err)
{
	struct admin_jobs *jobs = calloc(1, sizeof *jobs);

	if (jobs == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	pthread_mutex_init(&jobs->lock, NULL);
	jobs->uses = *uses;
	if (uses->registry != NULL)
		jobs->uses.replay.block = registry_block(uses->registry);
	for (size_t i = 0; i < SLOTS; i++)
		jobs->slots[i].jobs = jobs;
	*out = jobs;
	return true;
}

void
admin_job_stop(struct admin_jobs *jobs)
{
	if (jobs != NULL)
		atomic_store(&jobs->stopping, true);
}

void
admin_job_close(struct admin_jobs **out)
{
	struct admin_jobs *jobs = *out;

	*out = NULL;
	if (jobs == NULL)
		return;
	admin_job_stop(jobs);
	for (size_t i = 0; i < SLOTS; i++)
		if (jobs->slots[i].started)
			pthread_join(jobs->slots[i].thread, NULL);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}
