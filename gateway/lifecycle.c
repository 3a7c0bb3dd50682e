#include "gateway/lifecycle.h"

#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "gateway/admin/admin.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/rng.h"
#include "gateway/client/http_upstream.h"
#include "gateway/deadletter/admin_job.h"
#include "gateway/deadletter/store.h"
#include "gateway/metrics/log_summary.h"
#include "gateway/metrics/registry.h"
#include "gateway/model/budget.h"
#include "gateway/model/table.h"
#include "gateway/readiness.h"
#include "gateway/receive/receive.h"
#include "gateway/scheduler/scheduler.h"
#include "gateway/signals.h"
#include "gateway/spool/spool.h"
#include "gateway/spool/spool_stats.h"

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define SETTINGS_MAX 24

struct gateway {
	const struct config *config;
	struct log_field settings[SETTINGS_MAX];
	struct registry *registry;
	struct log_summary summary;
	struct admin *admin;
	struct tables *tables;
	struct spool *spool;
	struct deadletter_store *dead_letters; /* NULL: none */
	struct admin_jobs *dead_letter_jobs;   /* NULL: none */
	struct budget *budget;
	struct scheduler *scheduler;
	struct receive *receive;
	/* How long each may take to stop; long past if it never ran. */
	struct instant receive_until, scheduler_until;
	struct scheduler_rest left; /* in memory, when the scheduler stopped */
	bool durable;
	uint64_t events_on_disk; /* when the spool was closed */
	bool recovery_logged;
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
	if (!admin_start(&gw->admin, &gw->config->admin, gw->settings,
		gw->registry, err))
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

static bool
start_spool(struct gateway *gw, struct err *err)
{
	struct spool_options options = gw->config->spool;
	struct rng rng = rng_seeded();

	/* A body without a last line feed gets one. */
	options.largest_bytes = gw->config->receive.max_body + 1;
	options.tables = gw->tables;
	options.now = clock_now();
	options.wall_ms = clock_wall_ms();
	options.seed = rng_next(&rng);
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
	gw->events_on_disk = spool_end(gw->spool);
	spool_close(&gw->spool);
}

/* After the spool: their folder may be inside the spool's. */
static bool
start_dead_letters(struct gateway *gw, struct err *err)
{
	struct deadletter_store_options options = gw->config->dead_letters;

	if (options.directory == NULL)
		return true;
	options.admin = admin_address(gw->admin);
	if (!deadletter_store_open(&gw->dead_letters, &options, err))
		return false;
	log_event(LOG_INFO, "dead_letters_open",
	    LOG_STR("directory", options.directory),
	    LOG_INT("bytes", (int64_t)deadletter_store_bytes(gw->dead_letters)),
	    LOG_INT("limit_bytes", (int64_t)options.max_bytes));
	return true;
}

static void
stop_dead_letters(struct gateway *gw)
{
	deadletter_store_close(&gw->dead_letters);
}

/* Replay and purge, on a thread of its own: they wait for spool and scheduler. */
static bool
start_dead_letter_jobs(struct gateway *gw, struct err *err)
{
	const struct admin_job_uses uses = {
		.letters = gw->dead_letters,
		.registry = gw->registry,
		.replay = {
			.directory = gw->config->dead_letters.directory,
			.tables = gw->tables,
			.spool = gw->spool,
			.largest_bytes = gw->config->receive.max_body + 1,
			.ack_timeout_ms = gw->config->receive.ack_timeout_ms,
		},
	};

	if (gw->dead_letters == NULL)
		return true;
	if (!admin_job_open(&gw->dead_letter_jobs, &uses, err))
		return false;
	admin_set_jobs(gw->admin, gw->dead_letter_jobs);
	return true;
}

static void
stop_dead_letter_jobs(struct gateway *gw)
{
	admin_set_jobs(gw->admin, NULL);
	admin_job_close(&gw->dead_letter_jobs);
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
		.letters = gw->dead_letters,
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
	gw->left = scheduler_stop(&gw->scheduler, gw->scheduler_until);
}

/* It logs its own address and how many connections it can serve. */
static bool
start_receive(struct gateway *gw, struct err *err)
{
	struct receive_options options = gw->config->receive;

	options.dead_letters = gw->dead_letters;
	return receive_start(&gw->receive, &options, gw->tables, gw->spool,
	    gw->budget, gw->registry, err);
}

static void
stop_receive(struct gateway *gw)
{
	receive_stop(&gw->receive, gw->receive_until);
}

/*
 * The stages, in the order in which an event meets them.
 *
 *	start	from the bottom up: each stage finds its successor running
 *	stop	from the top down: each drains into a successor that runs
 *
 * The admin port starts early and stops late: probes must be answered as long
 * as anything runs.  Only what it reports from is below it.
 */
struct stage {
	const char *name;
	bool (*start)(struct gateway *gw, struct err *err);
	void (*stop)(struct gateway *gw);
};

/* clang-format off */
static const struct stage stages[] = {
	{ "receive",          start_receive,          stop_receive },
	{ "dead_letter_jobs", start_dead_letter_jobs, stop_dead_letter_jobs },
	{ "scheduler",        start_scheduler,        stop_scheduler },
	{ "budget",           start_budget,           stop_budget },
	{ "dead_letters",     start_dead_letters,     stop_dead_letters },
	{ "spool",            start_spool,            stop_spool },
	{ "tables",           start_tables,           stop_tables },
	{ "admin",            start_admin,            stop_admin },
	{ "registry",         start_registry,         stop_registry },
};
/* clang-format on */

/* Gives how many of the stages, from the top, are not running: 0 is all up. */
static size_t
start_stages(struct gateway *gw, struct err *err)
{
	size_t first = COUNT(stages);

	while (first > 0 && stages[first - 1].start(gw, err))
		first--;
	return first;
}

static void
stop_stages(struct gateway *gw, size_t first)
{
	for (; first < COUNT(stages); first++)
		stages[first].stop(gw);
}

/* ---- serving ---------------------------------------------------------- */

static void
set_ready(struct gateway *gw, const char *why_not)
{
	admin_ready(gw->admin, why_not);
	readiness_log(why_not);
}

/* Once, when recovery of the spool has ended. */
static void
report_recovery(struct gateway *gw)
{
	struct spool_health health = spool_health(gw->spool);

	if (gw->recovery_logged || health.recovering || health.unverified > 0)
		return;
	gw->recovery_logged = true;
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
 * thread has nothing else to do, so it also samples the history every second.
 */
static void
serve(struct gateway *gw)
{
	const char *why_not, *last = "";
	enum signals_request request;

	for (;;) {
		why_not = readiness_why_not(gw->spool);
		if (why_not != last)
			set_ready(gw, why_not);
		last = why_not;
		report_recovery(gw);
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
 * The time between the signal and `end`, which is shutdown_timeout later:
 *
 *	signal   shutdown_delay   refuse, drain      -2 s       -1 s  -0.5 s end
 *	|--------------------------|------------------|----------|------|------|
 *	 not ready, still serving   503 to new ones,   completions  receive  scheduler
 *	                            linger is 0        withdrawn    stops    stops
 *
 * A request at the level `delivered` is answered when the scheduler completes
 * its completion.  So the scheduler must run while receive waits for its last
 * requests, and receive must stop first, or a body that is still coming in
 * would have no one to send it.  What the upstream does not take in time is
 * withdrawn early enough for receive to answer 503 NotDeliveredYet.  Events at
 * the level `received` are sent until shortly before the end.  When the time
 * is short, the three shares are a half, a quarter and an eighth of it.
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
	admin_job_stop(gw->dead_letter_jobs);
	receive_refuse(gw->receive);
	scheduler_drain(
	    gw->scheduler, before(end, at_most(2 * NS_PER_S, left / 2)));
	gw->receive_until = before(end, at_most(NS_PER_S, left / 4));
	gw->scheduler_until = before(end, at_most(NS_PER_S / 2, left / 8));
}

static void
report_end(const struct gateway *gw)
{
	const struct scheduler_rest *left = &gw->left;

	if ((gw->durable ? gw->events_on_disk : left->events) == 0) {
		log_event(LOG_INFO, "ended", LOG_INT("events", 0));
		return;
	}
	if (gw->durable) {
		log_event(LOG_INFO, "ended",
		    LOG_INT("events", (int64_t)gw->events_on_disk),
		    LOG_INT("unknown", (int64_t)left->unknown),
		    LOG_STR("advice", "they are in the spool and will be sent "
				      "when the gateway runs again"));
		return;
	}
	log_event(LOG_WARN, "ended", LOG_INT("events", (int64_t)left->events),
	    LOG_INT("unknown", (int64_t)left->unknown),
	    LOG_STR("advice",
		"so many events were in memory and not sent: they are lost. "
		"Some of the unknown ones may have arrived upstream. Producers "
		"that posted at the level `delivered` got an error. A "
		"longer shutdown_timeout leaves more time to send"));
}

/* ---- run -------------------------------------------------------------- */

/*
 * The few values that explain how this process behaves, for the log's first
 * line and the status page; no secret.  The last field has no key.
 */
static void
collect_settings(const struct config *config, const char *path,
    struct log_field settings[SETTINGS_MAX])
{
	const struct budget_options *budget = &config->budget;
	const struct batch_options *batch = &config->tables.defaults.batch;
	const struct log_field all[] = {
		LOG_STR("version", GATEWAY_VERSION),
		LOG_STR("config", path),
		LOG_STR("upstream", config->upstream.url),
		LOG_STR("acknowledge",
		    registry_level_words[config->receive.acknowledge]),
		LOG_INT("calls_per_minute",
		    (int64_t)(budget->calls_per_minute / budget->replicas)),
		LOG_INT("bytes_per_second",
		    (int64_t)(budget->bytes_per_second / budget->replicas)),
		LOG_INT("batch_max_events", (int64_t)batch->max_events),
		LOG_INT("batch_max_bytes", (int64_t)batch->max_bytes),
		LOG_INT("batch_linger_ms", (int64_t)batch->linger_ms),
		LOG_INT("tables", (int64_t)config->tables.configured_count),
		LOG_STR("unknown_tables",
		    config->tables.reject_unknown ? "reject" : "forward"),
		LOG_STR("identify_by", config->receive.identify_by),
		{ 0, 0, 0 },
	};

	_Static_assert(COUNT(all) < SETTINGS_MAX, "room for `event` too");
	memcpy(settings, all, sizeof all);
}

static void
report_start(const struct config *config, const struct log_field *settings)
{
	struct log_field line[SETTINGS_MAX] = { LOG_STR("event", "starting") };

	memcpy(line + 1, settings, (SETTINGS_MAX - 1) * sizeof *line);
	log_write(LOG_INFO, line);
	if (config_sends_in_clear(config))
		log_event(LOG_WARN, "not_encrypted",
		    LOG_STR("advice", "events and credentials cross a network "
				      "in clear: use https://"));
}

/* Start, failed start and end are the same code. */
static bool
start_serve_stop(struct gateway *gw)
{
	struct err err = { 0 };
	size_t first = start_stages(gw, &err);
	struct instant end;

	if (first == 0) {
		serve(gw);
		end = before(clock_now(),
		    -(int64_t)gw->config->shutdown_timeout_ms * NS_PER_MS);
		signals_end_at_once();
		drain(gw, end);
	} else {
		log_event(LOG_ERROR, "cannot_start",
		    LOG_STR("stage", stages[first - 1].name),
		    LOG_STR("reason", err.text));
	}
	stop_stages(gw, first);
	return first == 0;
}

/*
 * By default the allocator returns free memory above 128 KiB per arena to the
 * kernel.  libcurl's 64 KiB buffer for a TLS request then costs page faults
 * each time, as much as the rest of the request.  Setting the trim threshold
 * stops the mmap threshold from adapting, so both are set.
 */
#define TRIM_BYTES (8 << 20)
#define MMAP_BYTES (4 << 20)

static void
set_malloc_thresholds(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, TRIM_BYTES);
	(void)mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
}

bool
lifecycle_run(const struct config *config, const char *path)
{
	struct gateway gw = { .config = config };
	struct err err = { 0 };
	bool ok;

	set_malloc_thresholds();
	log_setup(&config->log);
	signals_block(); /* before the first thread, which inherits it */
	if (!log_start(&err)) {
		log_event(LOG_ERROR, "start_failed", LOG_STR("why", err.text),
		    LOG_STR("advice", "the machine is short of memory or "
				      "threads: see its limits"));
		return false;
	}
	collect_settings(config, path, gw.settings);
	report_start(config, gw.settings);
	ok = start_serve_stop(&gw);
	if (ok)
		report_end(&gw);
	log_stop();
	return ok;
}
