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

#define PLACES (1 + ADMIN_JOB_LOOKS) /* the first is for those that change */

/* Requests under way may take letters back for as long as they may wait. */
#define TURN_LOOKS_NS (10 * NS_PER_MS)
#define TURN_SPARE_MS 5000

struct record_ref {
	struct errands *errands;
	pthread_t thread;
	bool started; /* there is a thread to be joined */
	bool busy;
	struct admin_job_order order;
	void (*done)(void *arg, struct admin_job_report *report);
	void *arg;
};

struct errands {
	struct admin_job_uses uses;
	atomic_bool ending;
	pthread_mutex_t lock; /* `busy` of the places */
	struct record_ref places[PLACES];
};

/* ---------------------------------------------------------------- work -- */

static struct deadletter_reader_filter
filter_of(const struct admin_job_order *order)
{
	return (struct deadletter_reader_filter){
		.table = span_of(order->table),
		.reason = span_of(order->reason),
		.since_ms = INT64_MIN,
		.before_ms = order->before_ms,
	};
}

static void
look(struct errands *errands, const struct admin_job_order *order,
    struct admin_job_report *report)
{
	struct deadletter_reader_filter meant = filter_of(order);

	report->look = malloc(sizeof *report->look);
	if (report->look == NULL) {
		err_set(&report->err, ERR_HOST, 0, "no memory");
		return;
	}
	report->ok =
	    deadletter_query_read(report->look, errands->uses.replay.directory,
		&meant, order->limit, &errands->ending, &report->err);
	report->stopped = report->ok && !report->look->whole;
}

/* The files up to *last_out are ours until the next turn. */
static bool
turn(struct errands *errands, uint64_t *last_out,
    struct admin_job_report *report)
{
	const struct timespec a_while = { .tv_nsec = TURN_LOOKS_NS };
	int64_t ms =
	    (int64_t)errands->uses.replay.ack_timeout_ms + TURN_SPARE_MS;
	struct instant until = { clock_now().ns + ms * NS_PER_MS };

	if (!deadletter_turn(errands->uses.letters, last_out, &report->err))
		return false;
	while (!deadletter_turned(errands->uses.letters)) {
		if (atomic_load(&errands->ending)) {
			report->stopped = true;
			return err_set(
			    &report->err, ERR_BUSY, 0, "the gateway is ending");
		}
		if (clock_now().ns > until.ns)
			return err_set(&report->err, ERR_BUSY, 0,
			    "requests whose invalid events are among the "
			    "letters are still under way; try again");
		nanosleep(&a_while, NULL);
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
tell_replay(const struct replay *r)
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
replay(struct errands *errands, const struct admin_job_order *order,
    struct admin_job_report *report)
{
	struct deadletter_reader_filter meant = filter_of(order);
	struct replay *r = &report->replay;
	uint64_t last;

	if (!turn(errands, &last, report))
		return;
	replay_run(&errands->uses.replay, &meant, last, &errands->ending, r);
	deadletter_recount(errands->uses.letters);
	report->ok = true;
	report->stopped = r->end == REPLAY_STOPPED;
	tell_replay(r);
}

static void
purge(struct errands *errands, const struct admin_job_order *order,
    struct admin_job_report *report)
{
	const char *directory = errands->uses.replay.directory;
	struct deadletter_reader_filter meant = filter_of(order);
	uint64_t last;
	int folder;

	if (!turn(errands, &last, report))
		return;
	folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder == -1) {
		err_set(&report->err, ERR_HOST, 0, "%.160s: %s", directory,
		    strerror(errno));
		return;
	}
	report->ok = deadletter_compaction_purge(folder, &meant, last,
	    &errands->ending, &report->purge, &report->err);
	close(folder);
	deadletter_recount(errands->uses.letters);
	report->stopped = atomic_load(&errands->ending);
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

static void (*const works[])(struct errands *errands,
    const struct admin_job_order *order, struct admin_job_report *report) = {
	[ADMIN_JOB_LOOK] = look,
	[ADMIN_JOB_REPLAY] = replay,
	[ADMIN_JOB_PURGE] = purge,
};

/* -------------------------------------------------------------- thread -- */

/*
 * Free before it is told: who was told may ask again at once.  The next one in
 * this place joins us first, so all that follows is from copies.
 */
static void *
run(void *arg)
{
	struct record_ref *place = arg;
	struct errands *errands = place->errands;
	struct admin_job_order order = place->order;
	void (*done)(void *, struct admin_job_report *) = place->done;
	void *to = place->arg;
	struct admin_job_report report = { .kind = order.kind };

	works[order.kind](errands, &order, &report);
	pthread_mutex_lock(&errands->lock);
	place->busy = false;
	pthread_mutex_unlock(&errands->lock);
	done(to, &report);
	return NULL;
}

/* NULL: all that could serve are busy. */
static struct record_ref *
take_place(struct errands *errands, enum admin_job_kind kind)
{
	size_t from = kind == ADMIN_JOB_LOOK ? 1 : 0;
	size_t to = kind == ADMIN_JOB_LOOK ? PLACES : 1;
	struct record_ref *place = NULL;

	pthread_mutex_lock(&errands->lock);
	for (size_t i = from; i < to && place == NULL; i++)
		if (!errands->places[i].busy)
			place = &errands->places[i];
	if (place != NULL)
		place->busy = true;
	pthread_mutex_unlock(&errands->lock);
	return place;
}

enum admin_job_answer
admin_job_start(struct errands *errands, const struct admin_job_order *order,
    void (*done)(void *arg, struct admin_job_report *report), void *arg)
{
	struct record_ref *place;

	if (atomic_load(&errands->ending))
		return ADMIN_JOB_ENDING;
	place = take_place(errands, order->kind);
	if (place == NULL)
		return ADMIN_JOB_BUSY;
	if (place->started)
		pthread_join(place->thread, NULL);
	place->order = *order;
	place->done = done;
	place->arg = arg;
	place->started = pthread_create(&place->thread, NULL, run, place) == 0;
	if (place->started)
		return ADMIN_JOB_STARTED;
	pthread_mutex_lock(&errands->lock);
	place->busy = false;
	pthread_mutex_unlock(&errands->lock);
	return ADMIN_JOB_ENDING;
}

void
admin_job_forget(struct admin_job_report *report)
{
	if (report->look != NULL)
		deadletter_query_fini(report->look);
	free(report->look);
	report->look = NULL;
}

/* ---------------------------------------------------------------- life -- */

bool
admin_job_open(
    struct errands **out, const struct admin_job_uses *uses, struct err *err)
{
	struct errands *errands = calloc(1, sizeof *errands);

	if (errands == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	pthread_mutex_init(&errands->lock, NULL);
	errands->uses = *uses;
	if (uses->registry != NULL)
		errands->uses.replay.block = registry_block(uses->registry);
	for (size_t i = 0; i < PLACES; i++)
		errands->places[i].errands = errands;
	*out = errands;
	return true;
}

void
admin_job_end(struct errands *errands)
{
	if (errands != NULL)
		atomic_store(&errands->ending, true);
}

void
admin_job_close(struct errands **out)
{
	struct errands *errands = *out;

	*out = NULL;
	if (errands == NULL)
		return;
	admin_job_end(errands);
	for (size_t i = 0; i < PLACES; i++)
		if (errands->places[i].started)
			pthread_join(errands->places[i].thread, NULL);
	pthread_mutex_destroy(&errands->lock);
	free(errands);
}
