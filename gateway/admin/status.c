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
write_health(struct jwriter *tree, const struct status *status)
{
	const struct health_input scene = {
		.view = status->view,
		.history = status->history,
		.history_count = status->history_count,
		.why_not = status->why_not,
		.wall_ms = status->wall_ms,
	};
	struct health health = health_of(&scene);

	jwriter_open(tree, "health", '{');
	jwriter_text(tree, "level", health.level);
	jwriter_text(tree, "sentence", health.sentence);
	jwriter_text(tree, "advice", health.advice);
	jwriter_close(tree, '}');
}

static void
write_head(struct jwriter *tree, const struct status *status)
{
	jwriter_text(tree, "version", GATEWAY_VERSION);
	jwriter_signed(tree, "at_ms", status->wall_ms);
	jwriter_signed(tree, "started_at_ms", status->view->started_ms);
	jwriter_signed(tree, "uptime_s",
	    (status->wall_ms - status->view->started_ms) / 1000);
	jwriter_bool(tree, "ready", status->why_not == NULL);
	if (status->why_not == NULL)
		jwriter_null(tree, "why_not");
	else
		jwriter_text(tree, "why_not", status->why_not);
	/* Of the sending side's numbers; the others are of now. */
	jwriter_signed(tree, "counted_at_ms", status->view->stats.wall_ms);
	write_health(tree, status);
	jwriter_open(tree, "config", '{');
	for (const struct log_field *f = status->facts;
	     f != NULL && f->key != NULL; f++)
		if (f->text != NULL)
			jwriter_text(tree, f->key, f->text);
		else
			jwriter_signed(tree, f->key, f->number);
	jwriter_close(tree, '}');
}

static void
write_events(struct jwriter *tree, const struct sums *sums)
{
	jwriter_open(tree, "events", '{');
	jwriter_number(tree, "recovered", sums->recovered);
	jwriter_number(tree, "accepted", sums->accepted);
	jwriter_number(tree, "delivered", sums->delivered);
	jwriter_number(tree, "dead_lettered", sums->dead);
	jwriter_number(tree, "withdrawn", sums->withdrawn);
	jwriter_number(tree, "waiting", sums->waiting);
	jwriter_number(tree, "in_flight", sums->in_flight);
	jwriter_close(tree, '}');
}

/* Without us each kept request would have been a call. */
static void
write_budget(struct jwriter *tree, const struct registry_view *view)
{
	const struct upstream_stats *stats = &view->stats;
	uint64_t requests = 0;

	for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
		requests += view->requests[r][OUTCOME_KEPT];
	jwriter_open(tree, "budget", '{');
	jwriter_number(tree, "calls_per_minute", stats->budget_limit);
	jwriter_number(tree, "used", stats->budget_used);
	jwriter_number(
	    tree, "remaining", stats->budget_limit - stats->budget_used);
	jwriter_number(tree, "resets_in_s", stats->budget_reset_s);
	jwriter_real(tree, "waited_s", (double)stats->budget_wait_us / 1e6);
	jwriter_number(tree, "requests_kept", requests);
	jwriter_number(tree, "calls", stats->calls);
	jwriter_number(tree, "saved_by_batching",
	    requests > stats->calls ? requests - stats->calls : 0);
	jwriter_close(tree, '}');
}

static void
write_clock(struct jwriter *tree, const struct upstream_stats *stats)
{
	jwriter_open(tree, "clock", '{');
	jwriter_signed(tree, "skew_ms", stats->clock_skew_ms);
	jwriter_bool(tree, "in_doubt", stats->clock_in_doubt);
	jwriter_close(tree, '}');
}

static void
write_credential(struct jwriter *tree, const struct upstream_stats *stats)
{
	const struct upstream_stats_credential *c = &stats->credential;

	jwriter_open(tree, "credential", '{');
	jwriter_text(tree, "kind", c->kind);
	jwriter_bool(tree, "usable", c->ready);
	jwriter_bool(tree, "refused", stats->refused);
	if (c->expires_s >= 0)
		jwriter_signed(tree, "expires_in_s", c->expires_s);
	else
		jwriter_null(tree, "expires_in_s");
	jwriter_number(tree, "renewed", c->renewed);
	jwriter_signed(tree, "renewed_at_ms", c->renewed_ms);
	jwriter_number(tree, "failed", c->failed);
	jwriter_signed(tree, "failed_at_ms", c->failed_ms);
	jwriter_text(tree, "last_error", c->error);
	jwriter_close(tree, '}');
}

static void
write_quantiles(
    struct jwriter *tree, const char *name, const struct histogram_view *view)
{
	jwriter_open(tree, name, '{');
	jwriter_number(tree, "count", histogram_total(view));
	jwriter_real(tree, "p50_ms",
	    1000 * histogram_quantile(view, &histogram_time, 0.5));
	jwriter_real(tree, "p99_ms",
	    1000 * histogram_quantile(view, &histogram_time, 0.99));
	jwriter_close(tree, '}');
}

static void
write_statuses(struct jwriter *tree, const struct upstream_stats *stats)
{
	static const char digits[] = "0123456789";

	jwriter_open(tree, "calls_by_code", '{');
	for (unsigned s = 0; s < UPSTREAM_STATS_STATUSES; s++) {
		const char code[] = { digits[s / 100], digits[s / 10 % 10],
			digits[s % 10], '\0' };

		if (stats->statuses[s] > 0)
			jwriter_number(tree, code, stats->statuses[s]);
	}
	if (stats->unreached > 0)
		jwriter_number(tree, "unreached", stats->unreached);
	if (stats->unknown > 0)
		jwriter_number(tree, "unknown", stats->unknown);
	jwriter_close(tree, '}');
}

static void
write_upstream(struct jwriter *tree, const struct registry_view *view,
    const struct sums *sums)
{
	const struct upstream_stats *stats = &view->stats;

	jwriter_open(tree, "upstream", '{');
	jwriter_signed(tree, "paused_ms", stats->paused_ms);
	write_statuses(tree, stats);
	jwriter_open(tree, "retries", '{');
	for (unsigned i = 0; i < UPSTREAM_STATS_AGAIN_COUNT; i++)
		if (stats->again[i] > 0)
			jwriter_number(tree, upstream_stats_again_words[i],
			    stats->again[i]);
	jwriter_close(tree, '}');
	jwriter_number(tree, "batches", sums->batches);
	jwriter_number(tree, "batch_events", sums->batch_events);
	write_quantiles(tree, "answer", &view->upstream);
	write_quantiles(tree, "delivery", &view->delivery);
	for (unsigned l = 0; l < REGISTRY_LEVELS; l++)
		if (histogram_total(&view->ack[l]) > 0)
			write_quantiles(
			    tree, registry_level_words[l], &view->ack[l]);
	jwriter_close(tree, '}');
}

static void
write_spool(struct jwriter *tree, const struct upstream_stats_spool *spool)
{
	jwriter_open(tree, "spool", '{');
	jwriter_text(tree, "kind", spool->durable ? "disk" : "memory");
	jwriter_number(tree, "bytes", spool->bytes);
	jwriter_number(tree, "limit_bytes", spool->limit);
	if (spool->durable) {
		jwriter_bool(tree, "failing", spool->failing);
		jwriter_bool(tree, "recovering", spool->recovering);
		jwriter_number(tree, "unverified_segments", spool->unverified);
		jwriter_number(tree, "damaged_records", spool->damaged_records);
		jwriter_number(
		    tree, "damaged_segments", spool->damaged_segments);
		jwriter_number(tree, "segments", spool->segments);
		jwriter_number(tree, "copied_records", spool->copied_records);
		jwriter_number(tree, "failed_commits", spool->failures);
		write_quantiles(tree, "commit", &spool->commit_times);
	}
	jwriter_close(tree, '}');
}

static void
write_lane(struct jwriter *tree, const struct upstream_stats_table *table)
{
	jwriter_text(tree, "lane", upstream_stats_lane_words[table->lane]);
	jwriter_text(
	    tree, "reason", table->reason != NULL ? table->reason : "");
	jwriter_number(tree, "last_status", table->status);
	jwriter_signed(tree, "tried_again_in_ms", table->again_ms);
}

static void
write_table(struct jwriter *tree, const struct registry_view *view, uint16_t t)
{
	const struct upstream_stats_table *table = &view->stats.tables[t];
	uint64_t rejected = 0, skipped = 0, batches = batches_of(table);
	double mean =
	    batches == 0 ? 0 : (double)table->batch_events / (double)batches;

	for (unsigned f = 0; f < EVENT_FAULT_COUNT; f++) {
		rejected += view->rejected[t][f];
		skipped += view->skipped[t][f];
	}
	jwriter_open(tree, NULL, '{');
	jwriter_text(tree, "name", label_table_name(&view->stats.labels, t));
	write_lane(tree, table);
	jwriter_number(tree, "recovered", table->recovered);
	jwriter_number(tree, "accepted", table->accepted);
	jwriter_number(tree, "delivered", table->delivered);
	jwriter_number(tree, "dead_lettered", upstream_stats_dead(table));
	jwriter_number(tree, "withdrawn", table->withdrawn);
	jwriter_number(tree, "rejected", rejected);
	jwriter_number(tree, "skipped", skipped);
	jwriter_number(tree, "waiting", table->waiting);
	jwriter_number(tree, "suspects", table->suspects);
	jwriter_number(tree, "waiting_bytes", table->waiting_bytes);
	jwriter_number(tree, "in_flight", table->in_flight);
	jwriter_signed(tree, "oldest_ms", table->oldest_ms);
	jwriter_number(tree, "calls", table->calls);
	jwriter_number(tree, "calls_in_minute", table->calls_in_minute);
	jwriter_real(tree, "events_per_batch", mean);
	jwriter_number(tree, "batch_most", table->batch_most);
	jwriter_close(tree, '}');
}

static void
write_tables(struct jwriter *tree, const struct registry_view *view)
{
	const struct upstream_stats *stats = &view->stats;

	jwriter_open(tree, "tables", '[');
	for (uint16_t t = 0; t <= stats->labels.count; t++)
		if (t != LABEL_OTHER || stats->tables[t].accepted > 0)
			write_table(tree, view, t);
	jwriter_close(tree, ']');
}

static void
write_producers(struct jwriter *tree, const struct registry_view *view)
{
	jwriter_open(tree, "producers", '[');
	for (uint16_t p = 0; p <= view->labels.count; p++) {
		const struct registry_producer *producer = &view->producers[p];

		if (producer->requests == 0 &&
		    view->stats.producer_calls[p] == 0)
			continue;
		jwriter_open(tree, NULL, '{');
		jwriter_text(tree, "name", label_table_name(&view->labels, p));
		jwriter_number(tree, "requests", producer->requests);
		jwriter_number(tree, "events", producer->events);
		jwriter_number(tree, "bytes", producer->bytes);
		jwriter_number(tree, "refused", producer->refused);
		jwriter_real(tree, "calls",
		    (double)view->stats.producer_calls[p] / 1000);
		jwriter_real(tree, "calls_in_minute",
		    (double)view->stats.producer_calls_in_minute[p] / 1000);
		jwriter_close(tree, '}');
	}
	jwriter_close(tree, ']');
}

static void
write_sample(
    struct jwriter *tree, const struct registry_sample *sample, bool of_event)
{
	jwriter_open(tree, NULL, '{');
	jwriter_signed(tree, "at_ms", sample->wall_ms);
	jwriter_text(tree, "table", sample->table);
	jwriter_text(tree, "producer", sample->producer);
	if (of_event) {
		jwriter_number(tree, "line", sample->line);
		jwriter_number(tree, "offset", sample->offset);
	}
	jwriter_close(tree, '}');
}

static void
write_rejects(struct jwriter *tree, const struct registry_view *view)
{
	jwriter_open(tree, "rejects", '[');
	for (unsigned r = 1; r < REGISTRY_REASONS; r++) {
		bool of_event = r < EVENT_FAULT_COUNT;

		if (view->reasons[r] == 0)
			continue;
		jwriter_open(tree, NULL, '{');
		jwriter_text(tree, "of", of_event ? "event" : "request");
		jwriter_text(tree, "reason", registry_reason_word(r));
		jwriter_text(tree, "meaning",
		    of_event ? event_fault_text(r)
			     : outcome_rows[r - EVENT_FAULT_COUNT].message);
		jwriter_number(tree, "count", view->reasons[r]);
		jwriter_open(tree, "samples", '[');
		for (unsigned i = 0; i < REGISTRY_SAMPLES; i++)
			if (view->samples[r][i].wall_ms != 0)
				write_sample(
				    tree, &view->samples[r][i], of_event);
		jwriter_close(tree, ']');
		jwriter_close(tree, '}');
	}
	jwriter_close(tree, ']');
}

static void
write_reason(
    struct jwriter *tree, const char *of, const char *word, uint64_t count)
{
	if (count == 0)
		return;
	jwriter_open(tree, NULL, '{');
	jwriter_text(tree, "reason", word);
	jwriter_text(tree, "of", of);
	jwriter_number(tree, "count", count);
	jwriter_close(tree, '}');
}

/* Refused upstream after they had been kept, or skipped and never kept. */
static void
write_dead_letters(struct jwriter *tree, const struct registry_view *view,
    const struct sums *sums)
{
	uint64_t skipped[EVENT_FAULT_COUNT] = { 0 }, sum = 0;

	for (unsigned f = 0; f < EVENT_FAULT_COUNT; f++) {
		for (uint16_t t = 0; t <= view->stats.labels.count; t++)
			skipped[f] += view->skipped[t][f];
		sum += skipped[f];
	}
	jwriter_open(tree, "dead_letters", '{');
	jwriter_number(tree, "total", sums->dead + sum);
	jwriter_number(tree, "accepted", sums->dead);
	jwriter_number(tree, "skipped", sum);
	jwriter_open(tree, "by_reason", '[');
	for (unsigned r = 0; r < UPSTREAM_STATS_DEAD_COUNT; r++)
		write_reason(tree, "accepted", upstream_stats_dead_words[r],
		    sums->by_reason[r]);
	for (unsigned f = EVENT_OK + 1; f < EVENT_FAULT_COUNT; f++)
		write_reason(tree, "skipped", event_fault_word(f), skipped[f]);
	jwriter_close(tree, ']');
	jwriter_close(tree, '}');
}

static void
write_requests(struct jwriter *tree, const struct registry_view *view)
{
	jwriter_open(tree, "requests", '{');
	for (unsigned o = 0; o < OUTCOME_COUNT; o++) {
		uint64_t sum = 0;

		for (unsigned r = 0; r < REGISTRY_ROUTES; r++)
			sum += view->requests[r][o];
		if (sum > 0)
			jwriter_number(tree, outcome_rows[o].word, sum);
	}
	jwriter_close(tree, '}');
	jwriter_number(tree, "connections", view->connections);
}

/* ---- history: rows under columns, for it is long ---------------------- */

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
write_second(struct jwriter *tree, const struct history_second *second)
{
	const char *bytes = (const char *)second;

	jwriter_open(tree, NULL, '[');
	jwriter_signed(tree, NULL, second->wall_ms);
	for (size_t c = 0; c < COLUMNS; c++)
		jwriter_real(tree, NULL,
		    *(const double *)(const void *)(bytes + columns[c].at));
	jwriter_close(tree, ']');
}

static void
write_history(struct jwriter *tree, const struct status *status)
{
	jwriter_open(tree, "history", '{');
	jwriter_open(tree, "columns", '[');
	jwriter_text(tree, NULL, "at_ms");
	for (size_t c = 0; c < COLUMNS; c++)
		jwriter_text(tree, NULL, columns[c].name);
	jwriter_close(tree, ']');
	jwriter_open(tree, "seconds", '[');
	for (unsigned i = 0; i < status->history_count; i++)
		if (status->history[i].wall_ms > status->since_ms)
			write_second(tree, &status->history[i]);
	jwriter_close(tree, ']');
	jwriter_close(tree, '}');
}

bool
status_write(const struct status *status, struct buffer *out)
{
	const struct registry_view *view = status->view;
	struct sums sums = sum_tables(&view->stats);
	struct jwriter tree = { .out = out, .ok = true, .first = true };

	jwriter_open(&tree, NULL, '{');
	write_head(&tree, status);
	write_events(&tree, &sums);
	write_budget(&tree, view);
	write_clock(&tree, &view->stats);
	write_credential(&tree, &view->stats);
	write_upstream(&tree, view, &sums);
	write_spool(&tree, &view->stats.spool);
	write_tables(&tree, view);
	write_producers(&tree, view);
	write_requests(&tree, view);
	write_rejects(&tree, view);
	write_dead_letters(&tree, view, &sums);
	write_history(&tree, status);
	jwriter_close(&tree, '}');
	tree.ok = tree.ok && buffer_append(out, "\n", 1);
	return tree.ok;
}
