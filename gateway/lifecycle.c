#include "gateway/lifecycle.h"

#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "gateway/metrics/registry.h"
#include "gateway/admin/admin.h"
#include "gateway/model/budget.h"
#include "gateway/base/clock.h"
#include "gateway/config/facts.h"
#include "gateway/metrics/log_summary.h"
#include "gateway/base/log.h"
#include "gateway/receive/receive.h"
#include "gateway/readiness.h"
#include "gateway/signals.h"
#include "gateway/deadletter/store.h"
#include "gateway/deadletter/admin_job.h"
#include "gateway/spool/spool.h"
#include "gateway/spool/spool_health.h"
#include "gateway/model/table.h"
#include "gateway/scheduler/scheduler.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct gateway {
	const struct config *config;
	struct log_field facts[CONFIG_FACTS_MOST];
	struct registry *registry;
	struct log_summary summary;
	struct admin *admin;
	struct tables *tables;
	struct spool *spool;
	struct deadletter_store *letters; /* NULL: none */
	struct admin_jobs *jobs;          /* likewise */
	struct budget *budget;
	struct scheduler *scheduler;
	struct receive *receive;
	/* Until when each may take to stop; long past if it never ran. */
	struct instant receive_until, scheduler_until;
	struct scheduler_rest rest;
	bool durable;
	bool recovered;       /* and told so */
	uint64_t kept_events; /* stay on disk */
};

/* ---- the stages ------------------------------------------------------- */

static bool
start_registry(struct gateway *gw, struct err *err)
{
	return registry_open(&gw->registry, clock_wall_ms(), err);
}

static void
stop_registry(struct gateway *gw)
{
	log_summary_write(&gw->summary, gw->registry, clock_now(), true);
	registry_close(&gw->registry);
}

static bool
start_admin(struct gateway *gw, struct err *err)
{
	if (!admin_start(
		&gw->admin, &gw->config->admin, gw->facts, gw->registry, err))
		return false;
	log_event(LOG_INFO, "admin_listening",
	    LOG_STR("address", admin_address(gw->admin)));
	return true;
}

static void
stop_admin(struct gateway *gw)
{
	admin_stop(&gw->admin);
}

static bool
start_tables(struct gateway *gw, struct err *err)
{
	return tables_open(&gw->tables, &gw->config->tables, err);
}

static void
stop_tables(struct gateway *gw)
{
	tables_close(&gw->tables);
}

/* Only what must differ from one life to the next. */
static uint64_t
random_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) !=
	    (ssize_t)sizeof seed)
		seed = (uint64_t)clock_now().ns ^ (uint64_t)getpid() << 32;
	return seed;
}

static bool
start_spool(struct gateway *gw, struct err *err)
{
	struct spool_options options = gw->config->spool;

	/* A body may lack its last line feed, and gets it. */
	options.largest_bytes = gw->config->receive.max_body + 1;
	options.tables = gw->tables;
	options.now = clock_now();
	options.wall_ms = clock_wall_ms();
	options.seed = random_seed();
	if (!spool_open(&gw->spool, &options, err))
		return false;
	if (spool_is_durable(gw->spool))
		log_event(LOG_INFO, "spool_open",
		    LOG_STR("directory", options.directory),
		    LOG_INT(
			"limit_bytes", (int64_t)spool_limit_bytes(gw->spool)));
	return true;
}

static void
stop_spool(struct gateway *gw)
{
	gw->durable = spool_is_durable(gw->spool);
	gw->kept_events = spool_end(gw->spool);
	spool_close(&gw->spool);
}

/* Below the spool's folder they may be: hence after it. */
static bool
start_letters(struct gateway *gw, struct err *err)
{
	struct deadletter_store_options options = gw->config->dead_letters;

	if (options.directory == NULL)
		return true;
	options.admin = admin_address(gw->admin);
	if (!deadletter_store_open(&gw->letters, &options, err))
		return false;
	log_event(LOG_INFO, "dead_letters_open",
	    LOG_STR("directory", options.directory),
	    LOG_INT("bytes", (int64_t)deadletter_store_bytes(gw->letters)),
	    LOG_INT("limit_bytes", (int64_t)options.max_bytes));
	return true;
}

static void
stop_letters(struct gateway *gw)
{
	deadletter_store_close(&gw->letters);
}

/* What is asked about dead letters; it waits for what the stages below do. */
static bool
start_admin_jobs(struct gateway *gw, struct err *err)
{
	const struct admin_job_uses uses = {
		.letters = gw->letters,
		.registry = gw->registry,
		.replay = {
			.directory = gw->config->dead_letters.directory,
			.tables = gw->tables,
			.spool = gw->spool,
			.largest_bytes = gw->config->receive.max_body + 1,
			.ack_timeout_ms = gw->config->receive.ack_timeout_ms,
		},
	};

	if (gw->letters == NULL)
		return true;
	if (!admin_job_open(&gw->jobs, &uses, err))
		return false;
	admin_set_jobs(gw->admin, gw->jobs);
	return true;
}

static void
stop_admin_jobs(struct gateway *gw)
{
	admin_set_jobs(gw->admin, NULL);
	admin_job_close(&gw->jobs);
}

static bool
start_budget(struct gateway *gw, struct err *err)
{
	return budget_open(&gw->budget, &gw->config->budget,
	    config_largest_batch(gw->config), clock_now(), err);
}

static void
stop_budget(struct gateway *gw)
{
	budget_close(&gw->budget);
}

static bool
start_scheduler(struct gateway *gw, struct err *err)
{
	const struct scheduler_uses uses = {
		.tables = gw->tables,
		.spool = gw->spool,
		.budget = gw->budget,
		.letters = gw->letters,
		.registry = gw->registry,
		.max_in_flight = gw->config->upstream.max_in_flight,
	};
	struct upstream *upstream;

	return http_upstream_open(&upstream, &gw->config->upstream, err) &&
	       scheduler_start(&gw->scheduler, upstream, &uses, err);
}

static void
stop_scheduler(struct gateway *gw)
{
	gw->rest = scheduler_stop(&gw->scheduler, gw->scheduler_until);
}

/* It says itself where it listens, and how many connections it can serve. */
static bool
start_receive(struct gateway *gw, struct err *err)
{
	struct receive_options options = gw->config->receive;

	options.dead_letters = gw->letters;
	return receive_start(&gw->receive, &options, gw->tables, gw->spool,
	    gw->budget, gw->registry, err);
}

static void
stop_receive(struct gateway *gw)
{
	receive_stop(&gw->receive, gw->receive_until);
}

struct write_batch {
	const char *name;
	bool (*start)(struct gateway *gw, struct err *err);
	void (*stop)(struct gateway *gw);
};

/*
 * In the order in which data meets them.  Started from the bottom, so that
 * each stage finds its successor running; stopped from the top, so that each
 * drains into a successor that still is.  The probes are near the bottom: they
 * must answer as long as anything else runs; and what they tell of is below.
 */
static const struct write_batch stages[] = {
	{ "receive", start_receive, stop_receive },
	{ "admin_jobs", start_admin_jobs, stop_admin_jobs },
	{ "scheduler", start_scheduler, stop_scheduler },
	{ "budget", start_budget, stop_budget },
	{ "dead_letters", start_letters, stop_letters },
	{ "spool", start_spool, stop_spool },
	{ "tables", start_tables, stop_tables },
	{ "admin", start_admin, stop_admin },
	{ "registry", start_registry, stop_registry },
};

/* ---- serving ---------------------------------------------------------- */

static void
tell_ready(struct gateway *gw, const char *why_not)
{
	admin_ready(gw->admin, why_not);
	readiness_tell(why_not);
}

/* Once, when all that a start found in the spool is sorted out. */
static void
tell_recovered(struct gateway *gw)
{
	struct spool_health health = spool_health(gw->spool);

	if (gw->recovered || health.recovering || health.unverified > 0)
		return;
	gw->recovered = true;
	if (health.recovered_records == 0 && health.damaged_segments == 0)
		return;
	log_event(health.damaged_segments > 0 || health.damaged_records > 0
		      ? LOG_ERROR
		      : LOG_INFO,
	    "spool_recovered",
	    LOG_INT("records", (int64_t)health.recovered_records),
	    LOG_INT("events", (int64_t)health.recovered_events),
	    LOG_INT("damaged_records", (int64_t)health.damaged_records),
	    LOG_INT("damaged_places", (int64_t)health.damaged_segments));
}

/*
 * Serves until a signal says to end; ready while events can be kept.  The main
 * thread has nothing else to do, so it keeps the seconds' history too.
 */
static void
serve(struct gateway *gw)
{
	const char *why_not, *told = "";
	enum signals_request request;

	for (;;) {
		why_not = readiness_why_not(gw->spool);
		if (why_not != told)
			tell_ready(gw, why_not);
		told = why_not;
		tell_recovered(gw);
		request = signals_wait(NS_PER_S);
		registry_tick(gw->registry, clock_wall_ms());
		log_summary_write(
		    &gw->summary, gw->registry, clock_now(), false);
		if (request == SIGNALS_END)
			return;
		if (request == SIGNALS_RELOAD)
			log_event(LOG_WARN, "not_reloaded",
			    LOG_STR("advice", "this build cannot reload its "
					      "configuration: restart it"));
	}
}

/* ---- the end ---------------------------------------------------------- */

static struct instant
before(struct instant end, int64_t ns)
{
	return (struct instant){ end.ns - ns };
}

static int64_t
at_most(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * The end, from the signal to `end`, which is shutdown_timeout after it:
 *
 *	signal   shutdown_delay   refuse, drain      -2 s       -1 s  -0.5 s end
 *	|--------------------------|------------------|----------|------|------|
 *	 not ready, still serving   503 to new ones,   completions    closed  rest
 *	                            linger is 0        come back          told
 *
 * A request at the level `delivered` is answered when the scheduler completes
 * it.  So the scheduler must still be sending while receive waits for its last
 * requests, and receive must be stopped before the scheduler, or a body that is
 * still coming in would find nobody to send it.  For what the upstream does not
 * take in time, the scheduler is told beforehand when to give all completions
 * back: early enough for receive to answer them 503 NotDeliveredYet before it
 * closes.
 * Events without a completion (level `received`) are sent until shortly before the
 * end.  In a short time the three shares are half, a quarter and an eighth.
 */
static void
drain(struct gateway *gw, struct instant end)
{
	struct instant now;
	struct timespec delay;
	int64_t left;

	admin_ready(gw->admin, "draining");
	log_event(LOG_INFO, "draining",
	    LOG_INT(
		"shutdown_delay_ms", (int64_t)gw->config->shutdown_delay_ms),
	    LOG_INT("shutdown_timeout_ms",
		(int64_t)gw->config->shutdown_timeout_ms),
	    LOG_INT("spool_bytes", (int64_t)spool_bytes(gw->spool)));
	delay.tv_sec = (time_t)(gw->config->shutdown_delay_ms / 1000);
	delay.tv_nsec =
	    (long)(gw->config->shutdown_delay_ms % 1000 * NS_PER_MS);
	nanosleep(&delay, NULL);

	now = clock_now();
	left = end.ns > now.ns ? end.ns - now.ns : 0;
	admin_job_stop(gw->jobs);
	receive_refuse(gw->receive);
	scheduler_drain(
	    gw->scheduler, before(end, at_most(2 * NS_PER_S, left / 2)));
	gw->receive_until = before(end, at_most(NS_PER_S, left / 4));
	gw->scheduler_until = before(end, at_most(NS_PER_S / 2, left / 8));
}

static void
tell_rest(const struct gateway *gw)
{
	const struct scheduler_rest *rest = &gw->rest;

	if ((gw->durable ? gw->kept_events : rest->events) == 0) {
		log_event(LOG_INFO, "ended", LOG_INT("events", 0));
		return;
	}
	if (gw->durable) {
		log_event(LOG_INFO, "ended",
		    LOG_INT("events", (int64_t)gw->kept_events),
		    LOG_INT("unknown", (int64_t)rest->unknown),
		    LOG_STR("advice", "they are in the spool and will be sent "
				      "when the gateway runs again"));
		return;
	}
	log_event(LOG_WARN, "ended", LOG_INT("events", (int64_t)rest->events),
	    LOG_INT("unknown", (int64_t)rest->unknown),
	    LOG_STR("advice",
		"so many events were left and are gone with this process' "
		"memory; of the unknown ones the upstream may have taken some. "
		"Who posted them at the level `delivered` was told so. A "
		"longer shutdown_timeout leaves more time to send"));
}

/* ---- run -------------------------------------------------------------- */

static void
tell_start(const struct config *config, const struct log_field *facts)
{
	struct log_field line[CONFIG_FACTS_MOST] = { LOG_STR(
	    "event", "starting") };

	memcpy(line + 1, facts, (CONFIG_FACTS_MOST - 1) * sizeof *line);
	log_write(LOG_INFO, line);
	if (config_sends_in_clear(config))
		log_event(LOG_WARN, "not_encrypted",
		    LOG_STR("advice", "events and credentials cross a network "
				      "in clear: use https://"));
}

/* Start, failed start and end are the same code. */
static bool
live(struct gateway *gw)
{
	size_t up = COUNT(stages); /* stages[up..] are running */
	struct err err = { 0 };
	struct instant end;

	while (up > 0 && stages[up - 1].start(gw, &err))
		up--;
	if (up == 0) {
		serve(gw);
		end = before(clock_now(),
		    -(int64_t)gw->config->shutdown_timeout_ms * NS_PER_MS);
		signals_end_at_once();
		drain(gw, end);
	} else {
		log_event(LOG_ERROR, "cannot_start",
		    LOG_STR("stage", stages[up - 1].name),
		    LOG_STR("reason", err.text));
	}
	for (size_t i = up; i < COUNT(stages); i++)
		stages[i].stop(gw);
	return up == 0;
}

/*
 * By itself the allocator gives free memory back to the kernel above 128 KiB,
 * an arena: libcurl's buffer for a TLS request, 64 KiB, then costs page faults
 * each time, as much as all the rest of the request.  With a threshold set, the
 * other one, above which memory is mapped, no longer adapts: hence both.
 */
#define KEEP_BYTES (8 << 20)
#define MAP_BYTES  (4 << 20)

static void
keep_memory(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
	(void)mallopt(M_MMAP_THRESHOLD, MAP_BYTES);
}

bool
lifecycle_run(const struct config *config, const char *path)
{
	struct gateway gw = { .config = config };
	struct err err = { 0 };
	bool ok;

	keep_memory();
	log_setup(&config->log);
	signals_block(); /* before the first thread, which inherits it */
	if (!log_start(&err)) {
		log_event(LOG_ERROR, "start_failed", LOG_STR("why", err.text),
		    LOG_STR("advice", "the machine is short of memory or "
				      "threads: see its limits"));
		return false;
	}
	config_facts(config, path, gw.facts);
	tell_start(config, gw.facts);
	ok = live(&gw);
	if (ok)
		tell_rest(&gw);
	log_stop();
	return ok;
}
