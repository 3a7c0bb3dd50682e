#include "gateway/admin/status.h"

#include <stddef.h>

#include "gateway/admin/health.h"
#include "parsers/json/jwriter.h"

struct sums {
	uint64_t recovered, accepted, delivered, withdrawn, dead, waiting;
	uint64_t in_flight, batches, batch_events;
	uint64_t by_reason[UPSTREAM_STATS_DEAD_COUNT];
};

static uint64_t
batches_of(const struct upstream_stats_table *table)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < UPSTREAM_STATS_CLOSED_COUNT; i++)
		sum += table->batches[i];
	return sum;
}

static struct sums
sum_tables(const struct upstream_stats *stats)
{
	struct sums sums = { 0 };

	for (unsigned t = 0; t <= stats->labels.count; t++) {
		const struct upstream_stats_table *table = &stats->tables[t];

		sums.recovered += table->recovered;
		sums.accepted += table->accepted;
		sums.delivered += table->delivered;
		sums.withdrawn += table->withdrawn;
		sums.dead += upstream_stats_dead(table);
		sums.waiting += table->waiting;
		sums.in_flight += table->in_flight;
		sums.batches += batches_of(table);
		sums.batch_events += table->batch_events;
		for (unsigned r = 0; r < UPSTREAM_STATS_DEAD_COUNT; r++)
			sums.by_reason[r] += table->dead_lettered[r];
	}
	return sums;
}

static void
write_health(struct jwriter *json, const struct status *status)
{
	const struct health_input input = {
		.view = status->view,
		.history = status->history,
		.history_count = status->history_count,
		.why_not = status->why_not,
		.wall_ms = status->wall_ms,
	};
	struct health health = health_of(&input);

	jwriter_open(json, "health", '{');
	jwriter_text(json, "level", health.level);
	jwriter_text(json, "sentence", health.sentence);
	jwriter_text(json, "advice", health.advice);
	jwriter_close(json, '}');
}

static void
write_head(struct jwriter *json, const struct status *status)
{
	jwriter_text(json, "version", GATEWAY_VERSION);
	jwriter_signed(json, "at_ms", status->wall_ms);
	jwriter_signed(json, "started_at_ms", status->view->started_ms);
	jwriter_signed(json, "uptime_s",
	    (status->wall_ms - status->view->started_ms) / 1000);
	jwriter_bool(json, "ready", status->why_not == NULL);
	if (status->why_not == NULL)
		jwriter_null(json, "why_not");
	else
		jwriter_text(json, "why_not", status->why_not);
	/* When the sending side's numbers were read; the others are of now. */
	jwriter_signed(json, "counted_at_ms", status->view->stats.wall_ms);
	write_health(json, status);
	jwriter_open(json, "config", '{');
	for (const struct log_field *f = status->facts;
	     f != NULL && f->key != NULL; f++)
		if (f->text != NULL)
			jwriter_text(json, f->key, f->text);
		else
			jwriter_signed(json, f->key, f->number);
	jwriter_close(json, '}');
}

static void
write_events(struct jwriter *json, const struct sums *sums)
{
	jwriter_open(json, "events", '{');
	jwriter_number(json, "recovered", sums->recovered);
	jwriter_number(json, "accepted", sums->accepted);
	jwriter_number(json, "delivered", sums->delivered);
	jwriter_number(json, "dead_lettered", sums->dead);
	jwriter_number(json, "withdrawn", sums->withdrawn);
	jwriter_number(json, "waiting", sums->waiting);
	jwriter_number(json, "in_flight", sums->in_flight);
	jwriter_close(json, '}');
}

/* Without the gateway, each kept request would have been a call. */
static void
write_budget(struct jwriter *json, const struct registry_view *view)
{
	const struct upstream_stats *stats = &view->stats;
	uint64_t requests = 0;

	for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
		requests += view->requests[r][OUTCOME_KEPT];
	jwriter_open(json, "budget", '{');
	jwriter_number(json, "calls_per_minute", stats->budget_limit);
	jwriter_number(json, "used", stats->budget_used);
	jwriter_number(
	    json, "remaining", stats->budget_limit - stats->budget_used);
	jwriter_number(json, "resets_in_s", stats->budget_reset_s);
	jwriter_real(json, "waited_s", (double)stats->budget_wait_us / 1e6);
	jwriter_number(json, "requests_kept", requests);
	jwriter_number(json, "calls", stats->calls);
	jwriter_number(json, "saved_by_batching",
	    requests > stats->calls ? requests - stats->calls : 0);
	jwriter_close(json, '}');
}

static void
write_clock(struct jwriter *json, const struct upstream_stats *stats)
{
	jwriter_open(json, "clock", '{');
	jwriter_signed(json, "skew_ms", stats->clock_skew_ms);
	jwriter_bool(json, "in_doubt", stats->clock_in_doubt);
	jwriter_close(json, '}');
}

static void
write_credential(struct jwriter *json, const struct upstream_stats *stats)
{
	const struct upstream_stats_credential *c = &stats->credential;

	jwriter_open(json, "credential", '{');
	jwriter_text(json, "kind", c->kind);
	jwriter_bool(json, "usable", c->ready);
	jwriter_bool(json, "refused", stats->refused);
	if (c->expires_s >= 0)
		jwriter_signed(json, "expires_in_s", c->expires_s);
	else
		jwriter_null(json, "expires_in_s");
	jwriter_number(json, "renewed", c->renewed);
	jwriter_signed(json, "renewed_at_ms", c->renewed_ms);
	jwriter_number(json, "failed", c->failed);
	jwriter_signed(json, "failed_at_ms", c->failed_ms);
	jwriter_text(json, "last_error", c->error);
	jwriter_close(json, '}');
}

static void
write_quantiles(
    struct jwriter *json, const char *name, const struct histogram_view *view)
{
	jwriter_open(json, name, '{');
	jwriter_number(json, "count", histogram_total(view));
	jwriter_real(json, "p50_ms",
	    1000 * histogram_quantile(view, &histogram_time, 0.5));
	jwriter_real(json, "p99_ms",
	    1000 * histogram_quantile(view, &histogram_time, 0.99));
	jwriter_close(json, '}');
}

static void
write_statuses(struct jwriter *json, const struct upstream_stats *stats)
{
	static const char digits[] = "0123456789";

	jwriter_open(json, "calls_by_code", '{');
	for (unsigned s = 0; s < UPSTREAM_STATS_STATUSES; s++) {
		const char code[] = { digits[s / 100], digits[s / 10 % 10],
			digits[s % 10], '\0' };

		if (stats->statuses[s] > 0)
			jwriter_number(json, code, stats->statuses[s]);
	}
	if (stats->unreached > 0)
		jwriter_number(json, "unreached", stats->unreached);
	if (stats->unknown > 0)
		jwriter_number(json, "unknown", stats->unknown);
	jwriter_close(json, '}');
}

static void
write_upstream(struct jwriter *json, const struct registry_view *view,
    const struct sums *sums)
{
	const struct upstream_stats *stats = &view->stats;

	jwriter_open(json, "upstream", '{');
	jwriter_signed(json, "paused_ms", stats->paused_ms);
	write_statuses(json, stats);
	jwriter_open(json, "retries", '{');
	for (unsigned i = 0; i < UPSTREAM_STATS_AGAIN_COUNT; i++)
		if (stats->again[i] > 0)
			jwriter_number(json, upstream_stats_again_words[i],
			    stats->again[i]);
	jwriter_close(json, '}');
	jwriter_number(json, "batches", sums->batches);
	jwriter_number(json, "batch_events", sums->batch_events);
	write_quantiles(json, "answer", &view->upstream);
	write_quantiles(json, "delivery", &view->delivery);
	for (unsigned l = 0; l < REGISTRY_LEVELS; l++)
		if (histogram_total(&view->ack[l]) > 0)
			write_quantiles(
			    json, registry_level_words[l], &view->ack[l]);
	jwriter_close(json, '}');
}

static void
write_spool(struct jwriter *json, const struct upstream_stats_spool *spool)
{
	jwriter_open(json, "spool", '{');
	jwriter_text(json, "kind", spool->durable ? "disk" : "memory");
	jwriter_number(json, "bytes", spool->bytes);
	jwriter_number(json, "limit_bytes", spool->limit);
	if (spool->durable) {
		jwriter_bool(json, "failing", spool->failing);
		jwriter_bool(json, "recovering", spool->recovering);
		jwriter_number(json, "unverified_segments", spool->unverified);
		jwriter_number(json, "damaged_records", spool->damaged_records);
		jwriter_number(
		    json, "damaged_segments", spool->damaged_segments);
		jwriter_number(json, "segments", spool->segments);
		jwriter_number(json, "copied_records", spool->copied_records);
		jwriter_number(json, "failed_commits", spool->failures);
		write_quantiles(json, "commit", &spool->commit_times);
	}
	jwriter_close(json, '}');
}

static void
write_lane(struct jwriter *json, const struct upstream_stats_table *table)
{
	jwriter_text(json, "lane", upstream_stats_lane_words[table->lane]);
	jwriter_text(
	    json, "reason", table->reason != NULL ? table->reason : "");
	jwriter_number(json, "last_status", table->status);
	jwriter_signed(json, "tried_again_in_ms", table->again_ms);
}

static void
write_table(struct jwriter *json, const struct registry_view *view, uint16_t t)
{
	const struct upstream_stats_table *table = &view->stats.tables[t];
	uint64_t rejected = 0, skipped = 0, batches = batches_of(table);
	double mean =
	    batches == 0 ? 0 : (double)table->batch_events / (double)batches;

	for (unsigned f = 0; f < EVENT_FAULT_COUNT; f++) {
		rejected += view->rejected[t][f];
		skipped += view->skipped[t][f];
	}
	jwriter_open(json, NULL, '{');
	jwriter_text(json, "name", label_table_name(&view->stats.labels, t));
	write_lane(json, table);
	jwriter_number(json, "recovered", table->recovered);
	jwriter_number(json, "accepted", table->accepted);
	jwriter_number(json, "delivered", table->delivered);
	jwriter_number(json, "dead_lettered", upstream_stats_dead(table));
	jwriter_number(json, "withdrawn", table->withdrawn);
	jwriter_number(json, "rejected", rejected);
	jwriter_number(json, "skipped", skipped);
	jwriter_number(json, "waiting", table->waiting);
	jwriter_number(json, "suspects", table->suspects);
	jwriter_number(json, "waiting_bytes", table->waiting_bytes);
	jwriter_number(json, "in_flight", table->in_flight);
	jwriter_signed(json, "oldest_ms", table->oldest_ms);
	jwriter_number(json, "calls", table->calls);
	jwriter_number(json, "calls_in_minute", table->calls_in_minute);
	jwriter_real(json, "events_per_batch", mean);
	jwriter_number(json, "batch_most", table->batch_most);
	jwriter_close(json, '}');
}

static void
write_tables(struct jwriter *json, const struct registry_view *view)
{
	const struct upstream_stats *stats = &view->stats;

	jwriter_open(json, "tables", '[');
	for (uint16_t t = 0; t <= stats->labels.count; t++)
		if (t != LABEL_OTHER || stats->tables[t].accepted > 0)
			write_table(json, view, t);
	jwriter_close(json, ']');
}

static void
write_producers(struct jwriter *json, const struct registry_view *view)
{
	jwriter_open(json, "producers", '[');
	for (uint16_t p = 0; p <= view->labels.count; p++) {
		const struct registry_producer *producer = &view->producers[p];

		if (producer->requests == 0 &&
		    view->stats.producer_calls[p] == 0)
			continue;
		jwriter_open(json, NULL, '{');
		jwriter_text(json, "name", label_table_name(&view->labels, p));
		jwriter_number(json, "requests", producer->requests);
		jwriter_number(json, "events", producer->events);
		jwriter_number(json, "bytes", producer->bytes);
		jwriter_number(json, "refused", producer->refused);
		jwriter_real(json, "calls",
		    (double)view->stats.producer_calls[p] / 1000);
		jwriter_real(json, "calls_in_minute",
		    (double)view->stats.producer_calls_in_minute[p] / 1000);
		jwriter_close(json, '}');
	}
	jwriter_close(json, ']');
}

static void
write_sample(
    struct jwriter *json, const struct registry_sample *sample, bool of_event)
{
	jwriter_open(json, NULL, '{');
	jwriter_signed(json, "at_ms", sample->wall_ms);
	jwriter_text(json, "table", sample->table);
	jwriter_text(json, "producer", sample->producer);
	if (of_event) {
		jwriter_number(json, "line", sample->line);
		jwriter_number(json, "offset", sample->offset);
	}
	jwriter_close(json, '}');
}

static void
write_rejects(struct jwriter *json, const struct registry_view *view)
{
	jwriter_open(json, "rejects", '[');
	for (unsigned r = 1; r < REGISTRY_REASONS; r++) {
		bool of_event = r < EVENT_FAULT_COUNT;

		if (view->reasons[r] == 0)
			continue;
		jwriter_open(json, NULL, '{');
		jwriter_text(json, "of", of_event ? "event" : "request");
		jwriter_text(json, "reason", registry_reason_word(r));
		jwriter_text(json, "meaning",
		    of_event ? event_fault_text(r)
			     : outcome_rows[r - EVENT_FAULT_COUNT].message);
		jwriter_number(json, "count", view->reasons[r]);
		jwriter_open(json, "samples", '[');
		for (unsigned i = 0; i < REGISTRY_SAMPLES; i++)
			if (view->samples[r][i].wall_ms != 0)
				write_sample(
				    json, &view->samples[r][i], of_event);
		jwriter_close(json, ']');
		jwriter_close(json, '}');
	}
	jwriter_close(json, ']');
}

static void
write_reason(
    struct jwriter *json, const char *of, const char *word, uint64_t count)
{
	if (count == 0)
		return;
	jwriter_open(json, NULL, '{');
	jwriter_text(json, "reason", word);
	jwriter_text(json, "of", of);
	jwriter_number(json, "count", count);
	jwriter_close(json, '}');
}

/* "accepted": refused upstream after they were kept; "skipped": never kept. */
static void
write_dead_letters(struct jwriter *json, const struct registry_view *view,
    const struct sums *sums)
{
	uint64_t skipped[EVENT_FAULT_COUNT] = { 0 }, sum = 0;

	for (unsigned f = 0; f < EVENT_FAULT_COUNT; f++) {
		for (uint16_t t = 0; t <= view->stats.labels.count; t++)
			skipped[f] += view->skipped[t][f];
		sum += skipped[f];
	}
	jwriter_open(json, "dead_letters", '{');
	jwriter_number(json, "total", sums->dead + sum);
	jwriter_number(json, "accepted", sums->dead);
	jwriter_number(json, "skipped", sum);
	jwriter_open(json, "by_reason", '[');
	for (unsigned r = 0; r < UPSTREAM_STATS_DEAD_COUNT; r++)
		write_reason(json, "accepted", upstream_stats_dead_words[r],
		    sums->by_reason[r]);
	for (unsigned f = EVENT_OK + 1; f < EVENT_FAULT_COUNT; f++)
		write_reason(json, "skipped", event_fault_word(f), skipped[f]);
	jwriter_close(json, ']');
	jwriter_close(json, '}');
}

static void
write_requests(struct jwriter *json, const struct registry_view *view)
{
	jwriter_open(json, "requests", '{');
	for (unsigned o = 0; o < OUTCOME_COUNT; o++) {
		uint64_t sum = 0;

		for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
			sum += view->requests[r][o];
		if (sum > 0)
			jwriter_number(json, outcome_rows[o].word, sum);
	}
	jwriter_close(json, '}');
	jwriter_number(json, "connections", view->connections);
}

/* ---- history: an array for each second, to be short ------------------- */

#define COLUMN(field)                                                          \
	{                                                                      \
#field, offsetof(struct history_second, field)                 \
	}

static const struct {
	const char *name;
	size_t at;
} columns[] = {
	COLUMN(in),
	COLUMN(out),
	COLUMN(refused),
	COLUMN(calls),
	COLUMN(calls_limit),
	COLUMN(waiting),
	COLUMN(spool_bytes),
	COLUMN(ack_p50_ms),
	COLUMN(ack_p99_ms),
	COLUMN(delivery_p50_ms),
	COLUMN(delivery_p99_ms),
};

#define COLUMNS (sizeof columns / sizeof columns[0])

static void
write_second(struct jwriter *json, const struct history_second *second)
{
	const char *bytes = (const char *)second;

	jwriter_open(json, NULL, '[');
	jwriter_signed(json, NULL, second->wall_ms);
	for (size_t c = 0; c < COLUMNS; c++)
		jwriter_real(json, NULL,
		    *(const double *)(const void *)(bytes + columns[c].at));
	jwriter_close(json, ']');
}

static void
write_history(struct jwriter *json, const struct status *status)
{
	jwriter_open(json, "history", '{');
	jwriter_open(json, "columns", '[');
	jwriter_text(json, NULL, "at_ms");
	for (size_t c = 0; c < COLUMNS; c++)
		jwriter_text(json, NULL, columns[c].name);
	jwriter_close(json, ']');
	jwriter_open(json, "seconds", '[');
	for (unsigned i = 0; i < status->history_count; i++)
		if (status->history[i].wall_ms > status->since_ms)
			write_second(json, &status->history[i]);
	jwriter_close(json, ']');
	jwriter_close(json, '}');
}

bool
status_write(const struct status *status, struct buffer *out)
{
	const struct registry_view *view = status->view;
	struct sums sums = sum_tables(&view->stats);
	struct jwriter json = { .out = out, .ok = true, .first = true };

	jwriter_open(&json, NULL, '{');
	write_head(&json, status);
	write_events(&json, &sums);
	write_budget(&json, view);
	write_clock(&json, &view->stats);
	write_credential(&json, &view->stats);
	write_upstream(&json, view, &sums);
	write_spool(&json, &view->stats.spool);
	write_tables(&json, view);
	write_producers(&json, view);
	write_requests(&json, view);
	write_rejects(&json, view);
	write_dead_letters(&json, view, &sums);
	write_history(&json, status);
	jwriter_close(&json, '}');
	json.ok = json.ok && buffer_append(out, "\n", 1);
	return json.ok;
}
