#include "gateway/admin/health.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/duration.h"

#define RECENT_MS      60000 /* so long an invalid event is mentioned */
#define NOW_MS         10000
#define STALE_MS       5000
#define FULL_PERCENT   95
#define HIGH_PERCENT   70
#define SCARCE_PERCENT 90
#define MEAN_SECONDS   10

/* ---- what is seen ---------------------------------------------------- */

/* Was this the reason of a refusal within so long? */
static bool
happened(const struct health_input *input, unsigned reason, int64_t within_ms)
{
	int64_t last = input->view->samples[reason][0].wall_ms;

	return last != 0 && input->wall_ms - last <= within_ms;
}

static uint64_t
percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : part * 100 / whole;
}

/* The first table whose lane is in this state; how many there are. */
static const struct upstream_stats_table *
first_in_lane(const struct health_input *input, enum upstream_stats_lane lane,
    unsigned *count, const char **name)
{
	const struct upstream_stats *stats = &input->view->stats;
	const struct upstream_stats_table *first = NULL;

	*count = 0;
	for (uint16_t t = 0; t <= stats->labels.count; t++) {
		if (stats->tables[t].lane != lane)
			continue;
		if ((*count)++ > 0)
			continue;
		first = &stats->tables[t];
		*name = label_table_name(&stats->labels, t);
	}
	return first;
}

/* How long the oldest event has waited; 0: none waits. */
static int64_t
oldest_wait_ms(const struct health_input *input)
{
	const struct upstream_stats *stats = &input->view->stats;
	int64_t oldest = 0;

	for (unsigned t = 0; t <= stats->labels.count; t++)
		if (stats->tables[t].waiting > 0 &&
		    stats->tables[t].oldest_ms > oldest)
			oldest = stats->tables[t].oldest_ms;
	return oldest;
}

/* The mean of a field over the last seconds. */
static double
mean(const struct health_input *input, size_t field)
{
	unsigned n = input->history_count < MEAN_SECONDS ? input->history_count
							 : MEAN_SECONDS;
	double sum = 0;

	for (unsigned i = 0; i < n; i++) {
		const char *second =
		    (const char *)&input->history[input->history_count - 1 - i];

		sum += *(const double *)(const void *)(second + field);
	}
	return n == 0 ? 0 : sum / n;
}

#define MEAN(input, field) mean(input, offsetof(struct history_second, field))

/*
 * In percent of what may be spent: by our rate, or by what Polaris counts in
 * the minute, whichever is more.
 */
static uint64_t
calls_used_percent(const struct health_input *input)
{
	const struct upstream_stats *stats = &input->view->stats;
	double limit = MEAN(input, calls_limit);
	uint64_t minute = percent(stats->budget_used, stats->budget_limit);
	uint64_t rate =
	    limit > 0 ? (uint64_t)(100 * MEAN(input, calls) / limit) : 0;

	return rate > minute ? rate : minute;
}

/* ---- rules ----------------------------------------------------------- */

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
not_ready(const struct health_input *input, struct health *health)
{
	static const struct {
		const char *why_not, *level, *sentence, *advice;
	} rows[] = {
		{ "draining", "warn",
		    "The gateway is shutting down: new requests get 503, "
		    "waiting events are still sent.",
		    "None, if somebody stopped it on purpose." },
		{ "starting", "warn", "The gateway is starting.",
		    "Wait a moment; if it takes long, the log says what it "
		    "waits for." },
		{ "disk_failing", "bad",
		    "The spool's disk does not take events: producers get 503.",
		    "Look at the system's log and at the disk; the gateway "
		    "goes on by itself once the disk works." },
		{ "clock", "bad",
		    "This machine's clock is not set, so the age of events "
		    "cannot be judged.",
		    "Set the clock (NTP); the gateway becomes ready by "
		    "itself." },
	};

	/* A full spool has a rule of its own, below, that tells the cause. */
	if (input->why_not == NULL || strcmp(input->why_not, "spool_full") == 0)
		return false;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].why_not, input->why_not) == 0)
			return say(health, rows[i].level, rows[i].advice, "%s",
			    rows[i].sentence);
	return say(health, "bad", "See the log.",
	    "The gateway is not ready: %s.", input->why_not);
}

static bool
pump_is_stale(const struct health_input *input, struct health *health)
{
	int64_t age_ms = input->wall_ms - input->view->stats.wall_ms;
	char text[DURATION_MAX];

	if (input->view->fresh || input->view->stats.wall_ms == 0 ||
	    age_ms < STALE_MS)
		return false;
	return say(health, "bad",
	    "Is the machine out of CPU, or does its disk not answer? If "
	    "neither, save a stack trace of the process (gdb -p) and restart "
	    "it.",
	    "The sending side has not answered for %s: its numbers here are "
	    "old.",
	    duration_words((double)age_ms, text));
}

static bool
credential_refused(const struct health_input *input, struct health *health)
{
	char text[DURATION_MAX];

	if (!input->view->stats.refused)
		return false;
	return say(health, "bad",
	    "Check upstream.credentials, and the client's rights upstream. A "
	    "changed secret file is noticed without a restart.",
	    "The upstream refuses our credential: everything is kept, nothing "
	    "is sent. Next attempt in %s.",
	    duration_words((double)input->view->stats.paused_ms, text));
}

static bool
no_token(const struct health_input *input, struct health *health)
{
	const struct upstream_stats_credential *c =
	    &input->view->stats.credential;

	if (c->ready || c->failed == 0)
		return false;
	return say(health, "bad",
	    "Check that token_url can be reached from here, and the client's "
	    "id and secret. Events are kept until the spool is full.",
	    "There is no token to send with: %s", c->error);
}

static bool
clock_in_doubt(const struct health_input *input, struct health *health)
{
	const struct upstream_stats *stats = &input->view->stats;
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

/* Why nothing is sent, as far as the numbers show. */
static const char *
cause(const struct health_input *input)
{
	const struct upstream_stats *stats = &input->view->stats;
	const char *name;
	unsigned count;

	if (first_in_lane(input, UPSTREAM_STATS_LANE_HELD, &count, &name) !=
	    NULL)
		return " because the upstream refuses a table (see lanes)";
	if (first_in_lane(input, UPSTREAM_STATS_LANE_WAITING, &count, &name) !=
	    NULL)
		return " because the upstream does not take events (see lanes)";
	if (stats->paused_ms > 0)
		return " because sending is paused";
	if (calls_used_percent(input) >= SCARCE_PERCENT)
		return " because the budget of calls is spent";
	return "";
}

static bool
spool_full(const struct health_input *input, struct health *health)
{
	const struct upstream_stats *stats = &input->view->stats;
	uint64_t used = percent(stats->spool.bytes, stats->spool.limit);

	if (used < FULL_PERCENT &&
	    !happened(input, EVENT_FAULT_COUNT + OUTCOME_SPOOL_FULL, NOW_MS))
		return false;
	return say(health, "bad",
	    "Producers keep what is refused and send it again. Repair what "
	    "keeps events from being sent, or raise spool.max_bytes "
	    "(spool.memory_bytes if the spool has no directory).",
	    "The spool is full (%" PRIu64 " %%)%s: producers get 503.", used,
	    cause(input));
}

/* The words are those of the scheduler's response_class and policy. */
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
		    "An event is refused and cannot become a dead letter: set "
		    "dead_letters.directory or raise dead_letters.max_bytes." },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].reason, reason) == 0)
			return rows[i].advice;
	return "Check upstream.url: the answer is not one of the Events API.";
}

static bool
table_held(const struct health_input *input, struct health *health)
{
	const struct upstream_stats_table *table;
	const char *name = "";
	unsigned count;
	char text[DURATION_MAX];

	table = first_in_lane(input, UPSTREAM_STATS_LANE_HELD, &count, &name);
	if (table == NULL)
		return false;
	return say(health, "bad", hold_advice(table->reason),
	    "%u %s held; %s: the upstream answers %u (%s). %" PRIu64
	    " events of it are kept; next attempt in %s.",
	    count, count == 1 ? "table is" : "tables are", name, table->status,
	    table->reason, table->waiting,
	    duration_words((double)table->again_ms, text));
}

/* A request without invalid events is kept as usual. */
static bool
no_dead_letters(const struct health_input *input, struct health *health)
{
	bool no_room =
	    happened(input, EVENT_FAULT_COUNT + OUTCOME_LETTERS_FULL, NOW_MS);

	if (!no_room && !happened(input,
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
no_such_table(const struct health_input *input, struct health *health)
{
	const unsigned reason = EVENT_FAULT_COUNT + OUTCOME_TABLE_ABSENT;

	if (!happened(input, reason, RECENT_MS))
		return false;
	return say(health, "warn",
	    "Create the table's push connection upstream, or tell the "
	    "producer its right name.",
	    "A producer sends to %s, a table that the upstream has never had: "
	    "it gets 404.",
	    input->view->samples[reason][0].table);
}

static bool
sending_paused(const struct health_input *input, struct health *health)
{
	char text[DURATION_MAX];

	if (input->view->stats.paused_ms == 0)
		return false;
	return say(health, "warn",
	    "Somebody else uses the organization's calls, or "
	    "budget.calls_per_minute is set too high.",
	    "The upstream says that the organization is over its limit: "
	    "sending is paused for %s.",
	    duration_words((double)input->view->stats.paused_ms, text));
}

static bool
upstream_failing(const struct health_input *input, struct health *health)
{
	const struct upstream_stats_table *table;
	const char *name = "";
	char status[16], text[DURATION_MAX];
	unsigned count;

	table =
	    first_in_lane(input, UPSTREAM_STATS_LANE_WAITING, &count, &name);
	if (table == NULL || table->waiting == 0)
		return false;
	snprintf(status, sizeof status, "%u", table->status);
	return say(health, "warn",
	    table->status == 0
		? "Check the network and upstream.url if this takes long; "
		  "nothing is lost."
		: "Nothing is lost; if this takes long, look at the "
		  "upstream's status.",
	    "%u %s waiting for the upstream, which %s%s for %s. The oldest "
	    "event has waited %s.",
	    count, count == 1 ? "table is" : "tables are",
	    table->status == 0 ? "does not answer" : "answers ",
	    table->status == 0 ? "" : status, name,
	    duration_words((double)oldest_wait_ms(input), text));
}

static bool
events_suspected(const struct health_input *input, struct health *health)
{
	const struct upstream_stats *stats = &input->view->stats;
	const struct upstream_stats_table *table;

	for (uint16_t t = 0; t <= stats->labels.count; t++) {
		table = &stats->tables[t];
		if (table->suspects == 0)
			continue;
		return say(health, "warn",
		    "Compare it with the table's schema. It is kept and sent "
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
budget_spent(const struct health_input *input, struct health *health)
{
	const struct upstream_stats *stats = &input->view->stats;
	uint64_t used = calls_used_percent(input), most = 0;
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
	    "While few calls are left, batches become larger. If events "
	    "wait too long, raise the organization's limit, or send larger "
	    "batches (batch.max_events, batch.linger).",
	    "%" PRIu64
	    " %% of the calls that may be made are made, most by %s (%" PRIu64
	    " this minute): events wait, the oldest for %s.",
	    used > 100 ? 100 : used, name, most,
	    duration_words((double)oldest_wait_ms(input), text));
}

static bool
spool_filling(const struct health_input *input, struct health *health)
{
	const struct upstream_stats *stats = &input->view->stats;
	uint64_t used = percent(stats->spool.bytes, stats->spool.limit);
	char text[DURATION_MAX];

	if (used < HIGH_PERCENT)
		return false;
	return say(health, "warn",
	    "See which table waits and why; producers get 503 once it is "
	    "full.",
	    "The spool is %" PRIu64 " %% full; the oldest event has waited "
	    "%s.",
	    used, duration_words((double)oldest_wait_ms(input), text));
}

static bool
token_not_renewed(const struct health_input *input, struct health *health)
{
	const struct upstream_stats_credential *c =
	    &input->view->stats.credential;
	char text[DURATION_MAX];

	if (c->failed == 0 || c->failed_ms <= c->renewed_ms)
		return false;
	return say(health, "warn",
	    "Check token_url, and the client's id and secret, before then.",
	    "The token cannot be renewed (%s); the old one is valid for %s "
	    "more.",
	    c->error, duration_words(1000 * (double)c->expires_s, text));
}

static bool
invalid_events(const struct health_input *input, struct health *health)
{
	const struct registry_sample *last = NULL, *sample;
	unsigned reason = 0;

	for (unsigned r = 1; r < EVENT_FAULT_COUNT; r++) {
		sample = &input->view->samples[r][0];
		if (!happened(input, r, RECENT_MS) ||
		    (last != NULL && last->wall_ms >= sample->wall_ms))
			continue;
		last = sample;
		reason = r;
	}
	if (last == NULL)
		return false;
	return say(health, "warn",
	    "Tell the producer; each answer that it gets names line, offset "
	    "and reason of the invalid events.",
	    "What was kept is delivered, but a producer sends invalid events "
	    "to "
	    "%s: %s, line %" PRIu64 ", offset %" PRIu64 ".",
	    last->table, registry_reason_word(reason), last->line,
	    last->offset);
}

static bool
no_event_yet(const struct health_input *input, struct health *health)
{
	if (input->view->stats.labels.count > 0)
		return false; /* there were some in the spool */
	for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
		for (unsigned o = 0; o < OUTCOME_COUNT; o++)
			if (input->view->requests[r][o] > 0)
				return false;
	return say(health, "ok",
	    "Post one to /v1/events/TABLE on the producers' address.",
	    "Ready; no event has come yet.");
}

static bool
all_well(const struct health_input *input, struct health *health)
{
	int64_t oldest = oldest_wait_ms(input);
	char text[DURATION_MAX];

	return say(health, "ok", "",
	    "All is well: %.0f events a second come in, %.0f go out, %s%s.",
	    MEAN(input, in), MEAN(input, out),
	    oldest == 0 ? "nothing waits" : "the oldest has waited ",
	    oldest == 0 ? "" : duration_words((double)oldest, text));
}

static bool (*const rules[])(
    const struct health_input *input, struct health *health) = {
	not_ready,
	pump_is_stale,
	credential_refused,
	no_token,
	clock_in_doubt,
	spool_full,
	no_dead_letters,
	table_held,
	sending_paused,
	upstream_failing,
	events_suspected,
	budget_spent,
	spool_filling,
	token_not_renewed,
	no_such_table,
	invalid_events,
	no_event_yet,
	all_well,
};

struct health
health_of(const struct health_input *input)
{
	struct health health = { 0 };

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (rules[i](input, &health))
			break;
	return health;
}
