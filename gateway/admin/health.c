#include "gateway/admin/health.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECENT_MS      60000 /* what happened since then is news */
#define NOW_MS         10000
#define SILENT_MS      5000
#define FULL_PERCENT   95
#define HIGH_PERCENT   70
#define SCARCE_PERCENT 90
#define RATE_SECONDS   10

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
happened(const struct health_scene *scene, unsigned reason, int64_t within_ms)
{
	int64_t last = scene->view->samples[reason][0].wall_ms;

	return last != 0 && scene->wall_ms - last <= within_ms;
}

static uint64_t
percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : part * 100 / whole;
}

static const struct books_table *
find_lane(const struct books *books, enum books_lane lane, unsigned *count,
    const char **name)
{
	const struct books_table *first = NULL;

	*count = 0;
	for (uint16_t t = 0; t <= books->labels.count; t++) {
		if (books->tables[t].lane != lane)
			continue;
		if ((*count)++ > 0)
			continue;
		first = &books->tables[t];
		*name = labels_name(&books->labels, t);
	}
	return first;
}

/* A duration as a person says it. */
static const char *
words(int64_t ms, char text[32])
{
	if (ms < 10000)
		snprintf(text, 32, "%.1f s", (double)ms / 1000);
	else if (ms < 120000)
		snprintf(text, 32, "%" PRId64 " s", ms / 1000);
	else if (ms < 7200000)
		snprintf(text, 32, "%" PRId64 " min", ms / 60000);
	else
		snprintf(text, 32, "%.1f h", (double)ms / 3600000);
	return text;
}

static int64_t
oldest_ms(const struct books *books)
{
	int64_t oldest = 0;

	for (unsigned t = 0; t <= books->labels.count; t++)
		if (books->tables[t].waiting > 0 &&
		    books->tables[t].oldest_ms > oldest)
			oldest = books->tables[t].oldest_ms;
	return oldest;
}

/* ---- the rules -------------------------------------------------------- */

static bool
not_ready(const struct health_scene *scene, struct health *health)
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
silent(const struct health_scene *scene, struct health *health)
{
	int64_t age_ms = scene->wall_ms - scene->view->books.wall_ms;
	char text[32];

	if (scene->view->fresh || scene->view->books.wall_ms == 0 ||
	    age_ms < SILENT_MS)
		return false;
	return say(health, "bad",
	    "Is the machine out of CPU, or its disk stuck? If neither, keep a "
	    "stack of the process (gdb -p) and restart it.",
	    "The sending side has not answered for %s: what is shown of it is "
	    "old.",
	    words(age_ms, text));
}

static bool
refused(const struct health_scene *scene, struct health *health)
{
	char text[32];

	if (!scene->view->books.refused)
		return false;
	return say(health, "bad",
	    "Check upstream.credentials, and the client's rights upstream. A "
	    "changed secret file is read by itself.",
	    "The upstream refuses our credential: everything is kept, nothing "
	    "is sent. It is tried again in %s.",
	    words(scene->view->books.paused_ms, text));
}

static bool
tokenless(const struct health_scene *scene, struct health *health)
{
	const struct books_credential *c = &scene->view->books.credential;

	if (c->ready || c->failed == 0)
		return false;
	return say(health, "bad",
	    "Check that token_url can be reached from here, and the client's "
	    "id and secret. Events are kept until the spool is full.",
	    "There is no token to send with: %s", c->error);
}

static bool
doubtful(const struct health_scene *scene, struct health *health)
{
	const struct books *books = &scene->view->books;
	char text[32];

	if (!books->clock_in_doubt)
		return false;
	return say(health, "warn",
	    "Set the clock (NTP), and restart the gateway after a correction "
	    "of more than an hour. Until then no waiting event expires.",
	    "This machine's clock is %s %s the upstream's, or was moved so "
	    "far.",
	    words(llabs(books->clock_skew_ms), text),
	    books->clock_skew_ms > 0 ? "ahead of" : "behind");
}

static double
mean_of(const struct health_scene *scene, size_t field)
{
	unsigned n = scene->history_count < RATE_SECONDS ? scene->history_count
							 : RATE_SECONDS;
	double sum = 0;

	for (unsigned i = 0; i < n; i++) {
		const char *second =
		    (const char *)&scene->history[scene->history_count - 1 - i];

		sum += *(const double *)(const void *)(second + field);
	}
	return n == 0 ? 0 : sum / n;
}

#define MEAN(scene, field)                                                     \
	mean_of(scene, offsetof(struct history_second, field))

/* Of what may be spent, in percent: by pace, or by what Polaris counts. */
static uint64_t
calls_used(const struct health_scene *scene)
{
	const struct books *books = &scene->view->books;
	double limit = MEAN(scene, calls_limit);
	uint64_t minute = percent(books->budget_used, books->budget_limit);
	uint64_t pace =
	    limit > 0 ? (uint64_t)(100 * MEAN(scene, calls) / limit) : 0;

	return pace > minute ? pace : minute;
}

/* Why nothing leaves, as far as one look can tell. */
static const char *
cause(const struct health_scene *scene)
{
	const struct books *books = &scene->view->books;
	const char *name;
	unsigned count;

	if (find_lane(books, BOOKS_LANE_HELD, &count, &name) != NULL)
		return " because the upstream refuses a table (see lanes)";
	if (find_lane(books, BOOKS_LANE_WAITING, &count, &name) != NULL)
		return " because the upstream does not take events (see lanes)";
	if (books->paused_ms > 0)
		return " because sending pauses";
	if (calls_used(scene) >= SCARCE_PERCENT)
		return " because the budget of calls is spent";
	return "";
}

static bool
full(const struct health_scene *scene, struct health *health)
{
	const struct books *books = &scene->view->books;
	uint64_t used = percent(books->spool.bytes, books->spool.limit);

	if (used < FULL_PERCENT &&
	    !happened(scene, EVENT_FAULT_COUNT + OUTCOME_SPOOL_FULL, NOW_MS))
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
held(const struct health_scene *scene, struct health *health)
{
	const struct books *books = &scene->view->books;
	const struct books_table *table;
	const char *name = "";
	unsigned count;
	char text[32];

	table = find_lane(books, BOOKS_LANE_HELD, &count, &name);
	if (table == NULL)
		return false;
	return say(health, "bad", hold_advice(table->reason),
	    "%u %s held; %s: the upstream answers %u (%s). %" PRIu64
	    " events of it are kept; tried again in %s.",
	    count, count == 1 ? "table is" : "tables are", name, table->status,
	    table->reason, table->waiting, words(table->again_ms, text));
}

static bool
paused(const struct health_scene *scene, struct health *health)
{
	char text[32];

	if (scene->view->books.paused_ms == 0)
		return false;
	return say(health, "warn",
	    "Somebody else spends the organization's calls, or "
	    "budget.calls_per_minute is set too high.",
	    "The upstream says that the organization is over its limit: "
	    "sending pauses for %s.",
	    words(scene->view->books.paused_ms, text));
}

static bool
troubled(const struct health_scene *scene, struct health *health)
{
	const struct books *books = &scene->view->books;
	const struct books_table *table;
	const char *name = "";
	char status[16], text[32];
	unsigned count;

	table = find_lane(books, BOOKS_LANE_WAITING, &count, &name);
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
	    words(oldest_ms(books), text));
}

static bool
suspected(const struct health_scene *scene, struct health *health)
{
	const struct books *books = &scene->view->books;
	const struct books_table *table;

	for (uint16_t t = 0; t <= books->labels.count; t++) {
		table = &books->tables[t];
		if (table->suspects == 0)
			continue;
		return say(health, "warn",
		    "Compare it with the table's schema. It is kept and tried "
		    "again; once the upstream takes another event of the "
		    "table, it becomes a dead letter.",
		    "The upstream refuses %" PRIu64 " %s of %s, and nothing "
		    "shows yet whether %s or the table is at fault.",
		    table->suspects, table->suspects == 1 ? "event" : "events",
		    labels_name(&books->labels, t),
		    table->suspects == 1 ? "it" : "they");
	}
	return false;
}

static bool
spent(const struct health_scene *scene, struct health *health)
{
	const struct books *books = &scene->view->books;
	uint64_t used = calls_used(scene), most = 0;
	const char *name = "nobody";
	char text[32];

	if (used < SCARCE_PERCENT)
		return false;
	for (uint16_t t = 0; t <= books->labels.count; t++)
		if (books->tables[t].calls_in_minute > most) {
			most = books->tables[t].calls_in_minute;
			name = labels_name(&books->labels, t);
		}
	return say(health, "warn",
	    "Batches fill up by themselves while calls are scarce. If events "
	    "wait too long, raise the organization's limit, or send larger "
	    "batches (batch.max_events, batch.linger).",
	    "%" PRIu64 " %% of the calls are spent, most by %s (%" PRIu64
	    " this minute): events wait, the oldest for %s.",
	    used > 100 ? 100 : used, name, most, words(oldest_ms(books), text));
}

static bool
filling(const struct health_scene *scene, struct health *health)
{
	const struct books *books = &scene->view->books;
	uint64_t used = percent(books->spool.bytes, books->spool.limit);
	char text[32];

	if (used < HIGH_PERCENT)
		return false;
	return say(health, "warn",
	    "See which table waits and why; producers get 503 once it is "
	    "full.",
	    "The spool is %" PRIu64 " %% full; the oldest event has waited "
	    "%s.",
	    used, words(oldest_ms(books), text));
}

static bool
ageing(const struct health_scene *scene, struct health *health)
{
	const struct books_credential *c = &scene->view->books.credential;
	char text[32];

	if (c->failed == 0 || c->failed_ms <= c->renewed_ms)
		return false;
	return say(health, "warn",
	    "Check token_url, and the client's id and secret, before then.",
	    "The token cannot be renewed (%s); the old one serves for %s "
	    "more.",
	    c->error, words(1000 * c->expires_s, text));
}

static bool
bad_events(const struct health_scene *scene, struct health *health)
{
	const struct account_sample *last = NULL, *sample;
	unsigned reason = 0;

	for (unsigned r = 1; r < EVENT_FAULT_COUNT; r++) {
		sample = &scene->view->samples[r][0];
		if (!happened(scene, r, RECENT_MS) ||
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
	    last->table, account_reason_word(reason), last->line, last->offset);
}

static bool
virgin(const struct health_scene *scene, struct health *health)
{
	if (scene->view->books.labels.count > 0)
		return false; /* found in the spool, perhaps */
	for (unsigned r = 0; r < ACCOUNT_ROUTES; r++)
		for (unsigned o = 0; o < OUTCOME_COUNT; o++)
			if (scene->view->requests[r][o] > 0)
				return false;
	return say(health, "ok",
	    "Post one to /v1/events/TABLE on the producers' address.",
	    "Ready; no event has come yet.");
}

static bool
well(const struct health_scene *scene, struct health *health)
{
	int64_t oldest = oldest_ms(&scene->view->books);
	char text[32];

	return say(health, "ok", "",
	    "All is well: %.0f events a second come in, %.0f go out, %s%s.",
	    MEAN(scene, in), MEAN(scene, out),
	    oldest == 0 ? "nothing waits" : "the oldest has waited ",
	    oldest == 0 ? "" : words(oldest, text));
}

static bool (*const rules[])(
    const struct health_scene *scene, struct health *health) = { not_ready,
	silent, refused, tokenless, doubtful, full, held, paused, troubled,
	suspected, spent, filling, ageing, bad_events, virgin, well };

struct health
health_of(const struct health_scene *scene)
{
	struct health health = { 0 };

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (rules[i](scene, &health))
			break;
	return health;
}
