#include "gateway/admin/health.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/duration.h"

#define RECENT_MS      60000 /* what happened since then is news */
#define NOW_MS         10000
#define SILENT_MS      5000
#define FULL_PERCENT   95
#define HIGH_PERCENT   70
#define SCARCE_PERCENT 90

static bool say(struct health *health, const char *level, const char *advice,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

static bool
say(struct health *health, const char *level, const char *advice,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(health->sentence, sizeof health->sentence, format, args);
	va_end(args);
	health->level = level;
	snprintf(health->advice, sizeof health->advice, "%s", advice);
	return true;
}

static bool
not_ready(const struct health_input *scene, struct health *health)
{
	static const struct {
		const char *why_not, *level, *sentence, *advice;
	} rows[] = {
		{ "draining", "warn",
		    "The gateway is shutting down: new requests get 503, what "
		    "waits is being sent.",
		    "Nothing, if somebody stopped it on purpose." },
		{ "starting", "warn", "The gateway is starting.",
		    "Wait a moment; if it lasts, the log says what it waits "
		    "for." },
		{ "disk_failing", "bad",
		    "The spool's disk does not take events: producers get 503.",
		    "Look at the system's log and at the disk; the gateway "
		    "goes on by itself once the disk does." },
		{ "clock", "bad",
		    "This machine's clock is not set, so the age of events "
		    "cannot be judged.",
		    "Set the clock (NTP); the gateway becomes ready by "
		    "itself." },
	};

	/* Full is a trouble of its own, below, with its cause. */
	if (scene->why_not == NULL || strcmp(scene->why_not, "spool_full") == 0)
		return false;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].why_not, scene->why_not) == 0)
			return say(health, rows[i].level, rows[i].advice, "%s",
			    rows[i].sentence);
	return say(health, "bad", "See the log.",
	    "The gateway is not ready: %s.", scene->why_not);
}

static bool
silent(const struct health_input *scene, struct health *health)
{
	int64_t age_ms = scene->wall_ms - scene->view->stats.wall_ms;
	char text[DURATION_MAX];

	if (scene->view->fresh || scene->view->stats.wall_ms == 0 ||
	    age_ms < SILENT_MS)
		return false;
	return say(health, "bad",
	    "Is the machine out of CPU, or its disk stuck? If neither, keep a "
	    "stack of the process (gdb -p) and restart it.",
	    "The sending side has not answered for %s: what is shown of it is "
	    "old.",
	    duration_words((double)age_ms, text));
}

static bool
refused(const struct health_input *scene, struct health *health)
{
	char text[DURATION_MAX];

	if (!scene->view->stats.refused)
		return false;
	return say(health, "bad",
	    "Check upstream.credentials, and the client's rights upstream. A "
	    "changed secret file is read by itself.",
	    "The upstream refuses our credential: everything is kept, nothing "
	    "is sent. It is tried again in %s.",
	    duration_words((double)scene->view->stats.paused_ms, text));
}

static bool
tokenless(const struct health_input *scene, struct health *health)
{
	const struct upstream_stats_credential *c =
	    &scene->view->stats.credential;

	if (c->ready || c->failed == 0)
		return false;
	return say(health, "bad",
	    "Check that token_url can be reached from here, and the client's "
	    "id and secret. Events are kept until the spool is full.",
	    "There is no token to send with: %s", c->error);
}

static bool
doubtful(const struct health_input *scene, struct health *health)
{
	const struct upstream_stats *stats = &scene->view->stats;
	char text[DURATION_MAX];

	if (!stats->clock_in_doubt)
		return false;
	return say(health, "warn",
	    "Set the clock (NTP), and restart the gateway after a correction "
	    "of more than an hour. Until then no waiting event expires.",
	    "This machine's clock is %s %s the upstream's, or was moved so "
	    "far.",
	    duration_words(fabs((double)stats->clock_skew_ms), text),
	    stats->clock_skew_ms > 0 ? "ahead of" : "behind");
}

/* Why nothing leaves, as far as one look can tell. */
static const char *
cause(const struct health_input *scene)
{
	const struct upstream_stats *stats = &scene->view->stats;
	const char *name;
	unsigned count;

	if (health_input_lane(scene, UPSTREAM_STATS_LANE_HELD, &count, &name) !=
	    NULL)
		return " because the upstream refuses a table (see lanes)";
	if (health_input_lane(
		scene, UPSTREAM_STATS_LANE_WAITING, &count, &name) != NULL)
		return " because the upstream does not take events (see lanes)";
	if (stats->paused_ms > 0)
		return " because sending pauses";
	if (health_input_calls_used(scene) >= SCARCE_PERCENT)
		return " because the budget of calls is spent";
	return "";
}

static bool
full(const struct health_input *scene, struct health *health)
{
	const struct upstream_stats *stats = &scene->view->stats;
	uint64_t used =
	    health_input_percent(stats->spool.bytes, stats->spool.limit);

	if (used < FULL_PERCENT &&
	    !health_input_happened(
		scene, EVENT_FAULT_COUNT + OUTCOME_SPOOL_FULL, NOW_MS))
		return false;
	return say(health, "bad",
	    "Producers keep what is refused and come again. Mend what keeps "
	    "events from leaving, or give the spool more room.",
	    "The spool is full (%" PRIu64 " %%)%s: producers get 503.", used,
	    cause(scene));
}

/* The words are a verdict's: see verdict.c and judge.c. */
static const char *
hold_advice(const char *reason)
{
	static const struct {
		const char *reason, *advice;
	} rows[] = {
		{ "forbidden", "Give the gateway's client the role "
			       "ManageStreams for this table." },
		{ "not_found", "Create the table's push connection upstream, "
			       "or correct the table's id and upstream.url." },
		{ "refused", "Compare the events with the table's schema, and "
			     "check the table's id." },
		{ "no_dead_letters",
		    "An event is refused and there is nowhere to put it: give "
		    "dead_letters a directory or more room." },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].reason, reason) == 0)
			return rows[i].advice;
	return "Check upstream.url: the answer is none of the Events API's.";
}

static bool
held(const struct health_input *scene, struct health *health)
{
	const struct upstream_stats_table *table;
	const char *name = "";
	unsigned count;
	char text[DURATION_MAX];

	table =
	    health_input_lane(scene, UPSTREAM_STATS_LANE_HELD, &count, &name);
	if (table == NULL)
		return false;
	return say(health, "bad", hold_advice(table->reason),
	    "%u %s held; %s: the upstream answers %u (%s). %" PRIu64
	    " events of it are kept; tried again in %s.",
	    count, count == 1 ? "table is" : "tables are", name, table->status,
	    table->reason, table->waiting,
	    duration_words((double)table->again_ms, text));
}

/* A request with nothing to skip is kept as ever. */
static bool
no_letters(const struct health_input *scene, struct health *health)
{
	bool no_room = health_input_happened(
	    scene, EVENT_FAULT_COUNT + OUTCOME_LETTERS_FULL, NOW_MS);

	if (!no_room && !health_input_happened(scene,
			    EVENT_FAULT_COUNT + OUTCOME_LETTERS_FAILED, NOW_MS))
		return false;
	return say(health, "bad",
	    no_room ? "Replay or remove dead letters, or raise "
		      "dead_letters.max_bytes."
		    : "Look at the system's log and at the disk of "
		      "dead_letters.directory.",
	    "Dead letters %s: requests with invalid events get 503 instead of "
	    "having them skipped.",
	    no_room ? "are full" : "cannot be written");
}

static bool
absent(const struct health_input *scene, struct health *health)
{
	const unsigned reason = EVENT_FAULT_COUNT + OUTCOME_TABLE_ABSENT;

	if (!health_input_happened(scene, reason, RECENT_MS))
		return false;
	return say(health, "warn",
	    "Create the table's push connection upstream, or tell the "
	    "producer its right name.",
	    "A producer sends to %s, a table that the upstream has never had: "
	    "it gets 404.",
	    scene->view->samples[reason][0].table);
}

static bool
paused(const struct health_input *scene, struct health *health)
{
	char text[DURATION_MAX];

	if (scene->view->stats.paused_ms == 0)
		return false;
	return say(health, "warn",
	    "Somebody else spends the organization's calls, or "
	    "budget.calls_per_minute is set too high.",
	    "The upstream says that the organization is over its limit: "
	    "sending pauses for %s.",
	    duration_words((double)scene->view->stats.paused_ms, text));
}

static bool
troubled(const struct health_input *scene, struct health *health)
{
	const struct upstream_stats_table *table;
	const char *name = "";
	char status[16], text[DURATION_MAX];
	unsigned count;

	table = health_input_lane(
	    scene, UPSTREAM_STATS_LANE_WAITING, &count, &name);
	if (table == NULL || table->waiting == 0)
		return false;
	snprintf(status, sizeof status, "%u", table->status);
	return say(health, "warn",
	    table->status == 0
		? "Check the network and upstream.url if this lasts; nothing "
		  "is lost."
		: "Nothing is lost; if this lasts, look at the upstream's "
		  "status.",
	    "%u %s waiting for the upstream, which %s%s for %s. The oldest "
	    "event has waited %s.",
	    count, count == 1 ? "table is" : "tables are",
	    table->status == 0 ? "does not answer" : "answers ",
	    table->status == 0 ? "" : status, name,
	    duration_words((double)health_input_oldest_ms(scene), text));
}

static bool
suspected(const struct health_input *scene, struct health *health)
{
	const struct upstream_stats *stats = &scene->view->stats;
	const struct upstream_stats_table *table;

	for (uint16_t t = 0; t <= stats->labels.count; t++) {
		table = &stats->tables[t];
		if (table->suspects == 0)
			continue;
		return say(health, "warn",
		    "Compare it with the table's schema. It is kept and tried "
		    "again; once the upstream takes another event of the "
		    "table, it becomes a dead letter.",
		    "The upstream refuses %" PRIu64 " %s of %s, and nothing "
		    "shows yet whether %s or the table is at fault.",
		    table->suspects, table->suspects == 1 ? "event" : "events",
		    label_table_name(&stats->labels, t),
		    table->suspects == 1 ? "it" : "they");
	}
	return false;
}

static bool
spent(const struct health_input *scene, struct health *health)
{
	const struct upstream_stats *stats = &scene->view->stats;
	uint64_t used = health_input_calls_used(scene), most = 0;
	const char *name = "nobody";
	char text[DURATION_MAX];

	if (used < SCARCE_PERCENT)
		return false;
	for (uint16_t t = 0; t <= stats->labels.count; t++)
		if (stats->tables[t].calls_in_minute > most) {
			most = stats->tables[t].calls_in_minute;
			name = label_table_name(&stats->labels, t);
		}
	return say(health, "warn",
	    "Batches fill up by themselves while calls are scarce. If events "
	    "wait too long, raise the organization's limit, or send larger "
	    "batches (batch.max_events, batch.linger).",
	    "%" PRIu64
	    " %% of the calls that may be made are made, most by %s (%" PRIu64
	    " this minute): events wait, the oldest for %s.",
	    used > 100 ? 100 : used, name, most,
	    duration_words((double)health_input_oldest_ms(scene), text));
}

static bool
filling(const struct health_input *scene, struct health *health)
{
	const struct upstream_stats *stats = &scene->view->stats;
	uint64_t used =
	    health_input_percent(stats->spool.bytes, stats->spool.limit);
	char text[DURATION_MAX];

	if (used < HIGH_PERCENT)
		return false;
	return say(health, "warn",
	    "See which table waits and why; producers get 503 once it is "
	    "full.",
	    "The spool is %" PRIu64 " %% full; the oldest event has waited "
	    "%s.",
	    used, duration_words((double)health_input_oldest_ms(scene), text));
}

static bool
ageing(const struct health_input *scene, struct health *health)
{
	const struct upstream_stats_credential *c =
	    &scene->view->stats.credential;
	char text[DURATION_MAX];

	if (c->failed == 0 || c->failed_ms <= c->renewed_ms)
		return false;
	return say(health, "warn",
	    "Check token_url, and the client's id and secret, before then.",
	    "The token cannot be renewed (%s); the old one serves for %s "
	    "more.",
	    c->error, duration_words(1000 * (double)c->expires_s, text));
}

static bool
bad_events(const struct health_input *scene, struct health *health)
{
	const struct registry_sample *last = NULL, *sample;
	unsigned reason = 0;

	for (unsigned r = 1; r < EVENT_FAULT_COUNT; r++) {
		sample = &scene->view->samples[r][0];
		if (!health_input_happened(scene, r, RECENT_MS) ||
		    (last != NULL && last->wall_ms >= sample->wall_ms))
			continue;
		last = sample;
		reason = r;
	}
	if (last == NULL)
		return false;
	return say(health, "warn",
	    "Tell the producer; each of its answers names line, offset and "
	    "reason of every bad event.",
	    "What was kept is delivered, but a producer sends bad events to "
	    "%s: %s, line %" PRIu64 ", offset %" PRIu64 ".",
	    last->table, registry_reason_word(reason), last->line,
	    last->offset);
}

static bool
virgin(const struct health_input *scene, struct health *health)
{
	if (scene->view->stats.labels.count > 0)
		return false; /* found in the spool, perhaps */
	for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
		for (unsigned o = 0; o < OUTCOME_COUNT; o++)
			if (scene->view->requests[r][o] > 0)
				return false;
	return say(health, "ok",
	    "Post one to /v1/events/TABLE on the producers' address.",
	    "Ready; no event has come yet.");
}

static bool
well(const struct health_input *scene, struct health *health)
{
	int64_t oldest = health_input_oldest_ms(scene);
	char text[DURATION_MAX];

	return say(health, "ok", "",
	    "All is well: %.0f events a second come in, %.0f go out, %s%s.",
	    HEALTH_INPUT_MEAN(scene, in), HEALTH_INPUT_MEAN(scene, out),
	    oldest == 0 ? "nothing waits" : "the oldest has waited ",
	    oldest == 0 ? "" : duration_words((double)oldest, text));
}

static bool (*const rules[])(const struct health_input *scene,
    struct health *health) = { not_ready, silent, refused, tokenless, doubtful,
	full, no_letters, held, paused, troubled, suspected, spent, filling,
	ageing, absent, bad_events, virgin, well };

struct health
health_of(const struct health_input *scene)
{
	struct health health = { 0 };

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (rules[i](scene, &health))
			break;
	return health;
}
