#include "gateway/admin/status.h"

#include <stddef.h>

#include "gateway/admin/health.h"
#include "gateway/admin/tree.h"

struct sums {
	uint64_t recovered, accepted, delivered, withdrawn, dead, waiting;
	uint64_t in_flight, batches, batch_events;
	uint64_t by_reason[BOOKS_DEAD_COUNT];
};

static uint64_t
batches_of(const struct books_table *table)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < BOOKS_CLOSED_COUNT; i++)
		sum += table->batches[i];
	return sum;
}

static struct sums
sum_tables(const struct books *books)
{
	struct sums sums = { 0 };

	for (unsigned t = 0; t <= books->labels.count; t++) {
		const struct books_table *table = &books->tables[t];

		sums.recovered += table->recovered;
		sums.accepted += table->accepted;
		sums.delivered += table->delivered;
		sums.withdrawn += table->withdrawn;
		sums.dead += books_dead(table);
		sums.waiting += table->waiting;
		sums.in_flight += table->in_flight;
		sums.batches += batches_of(table);
		sums.batch_events += table->batch_events;
		for (unsigned r = 0; r < BOOKS_DEAD_COUNT; r++)
			sums.by_reason[r] += table->dead_lettered[r];
	}
	return sums;
}

static void
write_health(struct tree *tree, const struct status *status)
{
	const struct scene scene = {
		.view = status->view,
		.history = status->history,
		.history_count = status->history_count,
		.why_not = status->why_not,
		.wall_ms = status->wall_ms,
	};
	struct health health = health_of(&scene);

	tree_open(tree, "health", '{');
	tree_text(tree, "level", health.level);
	tree_text(tree, "sentence", health.sentence);
	tree_text(tree, "advice", health.advice);
	tree_close(tree, '}');
}

static void
write_head(struct tree *tree, const struct status *status)
{
	tree_text(tree, "version", GATEWAY_VERSION);
	tree_signed(tree, "at_ms", status->wall_ms);
	tree_signed(tree, "started_at_ms", status->view->started_ms);
	tree_signed(tree, "uptime_s",
	    (status->wall_ms - status->view->started_ms) / 1000);
	tree_bool(tree, "ready", status->why_not == NULL);
	if (status->why_not == NULL)
		tree_null(tree, "why_not");
	else
		tree_text(tree, "why_not", status->why_not);
	/* Of the sending side's numbers; the others are of now. */
	tree_signed(tree, "counted_at_ms", status->view->books.wall_ms);
	write_health(tree, status);
	tree_open(tree, "config", '{');
	for (const struct log_field *f = status->facts;
	     f != NULL && f->key != NULL; f++)
		if (f->text != NULL)
			tree_text(tree, f->key, f->text);
		else
			tree_signed(tree, f->key, f->number);
	tree_close(tree, '}');
}

static void
write_events(struct tree *tree, const struct sums *sums)
{
	tree_open(tree, "events", '{');
	tree_number(tree, "recovered", sums->recovered);
	tree_number(tree, "accepted", sums->accepted);
	tree_number(tree, "delivered", sums->delivered);
	tree_number(tree, "dead_lettered", sums->dead);
	tree_number(tree, "withdrawn", sums->withdrawn);
	tree_number(tree, "waiting", sums->waiting);
	tree_number(tree, "in_flight", sums->in_flight);
	tree_close(tree, '}');
}

/* Without us each kept request would have been a call. */
static void
write_budget(struct tree *tree, const struct account_view *view)
{
	const struct books *books = &view->books;
	uint64_t requests = 0;

	for (unsigned r = 0; r < ACCOUNT_ROUTES; r++)
		requests += view->requests[r][OUTCOME_KEPT];
	tree_open(tree, "budget", '{');
	tree_number(tree, "calls_per_minute", books->budget_limit);
	tree_number(tree, "used", books->budget_used);
	tree_number(
	    tree, "remaining", books->budget_limit - books->budget_used);
	tree_number(tree, "resets_in_s", books->budget_reset_s);
	tree_real(tree, "waited_s", (double)books->budget_wait_us / 1e6);
	tree_number(tree, "requests_kept", requests);
	tree_number(tree, "calls", books->calls);
	tree_number(tree, "saved_by_batching",
	    requests > books->calls ? requests - books->calls : 0);
	tree_close(tree, '}');
}

static void
write_clock(struct tree *tree, const struct books *books)
{
	tree_open(tree, "clock", '{');
	tree_signed(tree, "skew_ms", books->clock_skew_ms);
	tree_bool(tree, "in_doubt", books->clock_in_doubt);
	tree_close(tree, '}');
}

static void
write_credential(struct tree *tree, const struct books *books)
{
	const struct books_credential *c = &books->credential;

	tree_open(tree, "credential", '{');
	tree_text(tree, "kind", c->kind);
	tree_bool(tree, "usable", c->ready);
	tree_bool(tree, "refused", books->refused);
	if (c->expires_s >= 0)
		tree_signed(tree, "expires_in_s", c->expires_s);
	else
		tree_null(tree, "expires_in_s");
	tree_number(tree, "renewed", c->renewed);
	tree_signed(tree, "renewed_at_ms", c->renewed_ms);
	tree_number(tree, "failed", c->failed);
	tree_signed(tree, "failed_at_ms", c->failed_ms);
	tree_text(tree, "last_error", c->error);
	tree_close(tree, '}');
}

static void
write_quantiles(
    struct tree *tree, const char *name, const struct histogram_view *view)
{
	tree_open(tree, name, '{');
	tree_number(tree, "count", histogram_total(view));
	tree_real(tree, "p50_ms",
	    1000 * histogram_quantile(view, &histogram_time, 0.5));
	tree_real(tree, "p99_ms",
	    1000 * histogram_quantile(view, &histogram_time, 0.99));
	tree_close(tree, '}');
}

static void
write_statuses(struct tree *tree, const struct books *books)
{
	static const char digits[] = "0123456789";

	tree_open(tree, "calls_by_code", '{');
	for (unsigned s = 0; s < BOOKS_STATUSES; s++) {
		const char code[] = { digits[s / 100], digits[s / 10 % 10],
			digits[s % 10], '\0' };

		if (books->statuses[s] > 0)
			tree_number(tree, code, books->statuses[s]);
	}
	if (books->unreached > 0)
		tree_number(tree, "unreached", books->unreached);
	if (books->unknown > 0)
		tree_number(tree, "unknown", books->unknown);
	tree_close(tree, '}');
}

static void
write_upstream(
    struct tree *tree, const struct account_view *view, const struct sums *sums)
{
	const struct books *books = &view->books;

	tree_open(tree, "upstream", '{');
	tree_signed(tree, "paused_ms", books->paused_ms);
	write_statuses(tree, books);
	tree_open(tree, "retries", '{');
	for (unsigned i = 0; i < BOOKS_AGAIN_COUNT; i++)
		if (books->again[i] > 0)
			tree_number(
			    tree, books_again_words[i], books->again[i]);
	tree_close(tree, '}');
	tree_number(tree, "batches", sums->batches);
	tree_number(tree, "batch_events", sums->batch_events);
	write_quantiles(tree, "answer", &view->upstream);
	write_quantiles(tree, "delivery", &view->delivery);
	for (unsigned l = 0; l < ACCOUNT_LEVELS; l++)
		if (histogram_total(&view->ack[l]) > 0)
			write_quantiles(
			    tree, account_level_words[l], &view->ack[l]);
	tree_close(tree, '}');
}

static void
write_spool(struct tree *tree, const struct books_spool *spool)
{
	tree_open(tree, "spool", '{');
	tree_text(tree, "kind", spool->durable ? "disk" : "memory");
	tree_number(tree, "bytes", spool->bytes);
	tree_number(tree, "limit_bytes", spool->limit);
	if (spool->durable) {
		tree_bool(tree, "failing", spool->failing);
		tree_bool(tree, "recovering", spool->recovering);
		tree_number(tree, "unverified_segments", spool->unverified);
		tree_number(tree, "damaged_records", spool->damaged_records);
		tree_number(tree, "damaged_segments", spool->damaged_segments);
		tree_number(tree, "segments", spool->segments);
		tree_number(tree, "copied_records", spool->copied_records);
		tree_number(tree, "failed_commits", spool->failures);
		write_quantiles(tree, "commit", &spool->commit_times);
	}
	tree_close(tree, '}');
}

static void
write_lane(struct tree *tree, const struct books_table *table)
{
	tree_text(tree, "lane", books_lane_words[table->lane]);
	tree_text(tree, "reason", table->reason != NULL ? table->reason : "");
	tree_number(tree, "last_status", table->status);
	tree_signed(tree, "tried_again_in_ms", table->again_ms);
}

static void
write_table(struct tree *tree, const struct account_view *view, uint16_t t)
{
	const struct books_table *table = &view->books.tables[t];
	uint64_t rejected = 0, skipped = 0, batches = batches_of(table);
	double mean =
	    batches == 0 ? 0 : (double)table->batch_events / (double)batches;

	for (unsigned f = 0; f < EVENT_FAULT_COUNT; f++) {
		rejected += view->rejected[t][f];
		skipped += view->skipped[t][f];
	}
	tree_open(tree, NULL, '{');
	tree_text(tree, "name", labels_name(&view->books.labels, t));
	write_lane(tree, table);
	tree_number(tree, "recovered", table->recovered);
	tree_number(tree, "accepted", table->accepted);
	tree_number(tree, "delivered", table->delivered);
	tree_number(tree, "dead_lettered", books_dead(table));
	tree_number(tree, "withdrawn", table->withdrawn);
	tree_number(tree, "rejected", rejected);
	tree_number(tree, "skipped", skipped);
	tree_number(tree, "waiting", table->waiting);
	tree_number(tree, "suspects", table->suspects);
	tree_number(tree, "waiting_bytes", table->waiting_bytes);
	tree_number(tree, "in_flight", table->in_flight);
	tree_signed(tree, "oldest_ms", table->oldest_ms);
	tree_number(tree, "calls", table->calls);
	tree_number(tree, "calls_in_minute", table->calls_in_minute);
	tree_real(tree, "events_per_batch", mean);
	tree_number(tree, "batch_most", table->batch_most);
	tree_close(tree, '}');
}

static void
write_tables(struct tree *tree, const struct account_view *view)
{
	const struct books *books = &view->books;

	tree_open(tree, "tables", '[');
	for (uint16_t t = 0; t <= books->labels.count; t++)
		if (t != LABEL_OTHER || books->tables[t].accepted > 0)
			write_table(tree, view, t);
	tree_close(tree, ']');
}

static void
write_producers(struct tree *tree, const struct account_view *view)
{
	tree_open(tree, "producers", '[');
	for (uint16_t p = 0; p <= view->labels.count; p++) {
		const struct account_producer *producer = &view->producers[p];

		if (producer->requests == 0 &&
		    view->books.producer_calls[p] == 0)
			continue;
		tree_open(tree, NULL, '{');
		tree_text(tree, "name", labels_name(&view->labels, p));
		tree_number(tree, "requests", producer->requests);
		tree_number(tree, "events", producer->events);
		tree_number(tree, "bytes", producer->bytes);
		tree_number(tree, "refused", producer->refused);
		tree_real(tree, "calls",
		    (double)view->books.producer_calls[p] / 1000);
		tree_real(tree, "calls_in_minute",
		    (double)view->books.producer_calls_in_minute[p] / 1000);
		tree_close(tree, '}');
	}
	tree_close(tree, ']');
}

static void
write_sample(
    struct tree *tree, const struct account_sample *sample, bool of_event)
{
	tree_open(tree, NULL, '{');
	tree_signed(tree, "at_ms", sample->wall_ms);
	tree_text(tree, "table", sample->table);
	tree_text(tree, "producer", sample->producer);
	if (of_event) {
		tree_number(tree, "line", sample->line);
		tree_number(tree, "offset", sample->offset);
	}
	tree_close(tree, '}');
}

static void
write_rejects(struct tree *tree, const struct account_view *view)
{
	tree_open(tree, "rejects", '[');
	for (unsigned r = 1; r < ACCOUNT_REASONS; r++) {
		bool of_event = r < EVENT_FAULT_COUNT;

		if (view->reasons[r] == 0)
			continue;
		tree_open(tree, NULL, '{');
		tree_text(tree, "of", of_event ? "event" : "request");
		tree_text(tree, "reason", account_reason_word(r));
		tree_text(tree, "meaning",
		    of_event ? event_fault_text(r)
			     : outcome_rows[r - EVENT_FAULT_COUNT].message);
		tree_number(tree, "count", view->reasons[r]);
		tree_open(tree, "samples", '[');
		for (unsigned i = 0; i < ACCOUNT_SAMPLES; i++)
			if (view->samples[r][i].wall_ms != 0)
				write_sample(
				    tree, &view->samples[r][i], of_event);
		tree_close(tree, ']');
		tree_close(tree, '}');
	}
	tree_close(tree, ']');
}

static void
write_reason(
    struct tree *tree, const char *of, const char *word, uint64_t count)
{
	if (count == 0)
		return;
	tree_open(tree, NULL, '{');
	tree_text(tree, "reason", word);
	tree_text(tree, "of", of);
	tree_number(tree, "count", count);
	tree_close(tree, '}');
}

/* Refused upstream after they had been kept, or skipped and never kept. */
static void
write_dead_letters(
    struct tree *tree, const struct account_view *view, const struct sums *sums)
{
	uint64_t skipped[EVENT_FAULT_COUNT] = { 0 }, sum = 0;

	for (unsigned f = 0; f < EVENT_FAULT_COUNT; f++) {
		for (uint16_t t = 0; t <= view->books.labels.count; t++)
			skipped[f] += view->skipped[t][f];
		sum += skipped[f];
	}
	tree_open(tree, "dead_letters", '{');
	tree_number(tree, "total", sums->dead + sum);
	tree_number(tree, "accepted", sums->dead);
	tree_number(tree, "skipped", sum);
	tree_open(tree, "by_reason", '[');
	for (unsigned r = 0; r < BOOKS_DEAD_COUNT; r++)
		write_reason(
		    tree, "accepted", books_dead_words[r], sums->by_reason[r]);
	for (unsigned f = EVENT_OK + 1; f < EVENT_FAULT_COUNT; f++)
		write_reason(tree, "skipped", event_fault_word(f), skipped[f]);
	tree_close(tree, ']');
	tree_close(tree, '}');
}

static void
write_requests(struct tree *tree, const struct account_view *view)
{
	tree_open(tree, "requests", '{');
	for (unsigned o = 0; o < OUTCOME_COUNT; o++) {
		uint64_t sum = 0;

		for (unsigned r = 0; r < ACCOUNT_ROUTES; r++)
			sum += view->requests[r][o];
		if (sum > 0)
			tree_number(tree, outcome_rows[o].word, sum);
	}
	tree_close(tree, '}');
	tree_number(tree, "connections", view->connections);
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
write_second(struct tree *tree, const struct history_second *second)
{
	const char *bytes = (const char *)second;

	tree_open(tree, NULL, '[');
	tree_signed(tree, NULL, second->wall_ms);
	for (size_t c = 0; c < COLUMNS; c++)
		tree_real(tree, NULL,
		    *(const double *)(const void *)(bytes + columns[c].at));
	tree_close(tree, ']');
}

static void
write_history(struct tree *tree, const struct status *status)
{
	tree_open(tree, "history", '{');
	tree_open(tree, "columns", '[');
	tree_text(tree, NULL, "at_ms");
	for (size_t c = 0; c < COLUMNS; c++)
		tree_text(tree, NULL, columns[c].name);
	tree_close(tree, ']');
	tree_open(tree, "seconds", '[');
	for (unsigned i = 0; i < status->history_count; i++)
		if (status->history[i].wall_ms > status->since_ms)
			write_second(tree, &status->history[i]);
	tree_close(tree, ']');
	tree_close(tree, '}');
}

bool
status_write(const struct status *status, struct buffer *out)
{
	const struct account_view *view = status->view;
	struct sums sums = sum_tables(&view->books);
	struct tree tree = { .out = out, .ok = true, .first = true };

	tree_open(&tree, NULL, '{');
	write_head(&tree, status);
	write_events(&tree, &sums);
	write_budget(&tree, view);
	write_clock(&tree, &view->books);
	write_credential(&tree, &view->books);
	write_upstream(&tree, view, &sums);
	write_spool(&tree, &view->books.spool);
	write_tables(&tree, view);
	write_producers(&tree, view);
	write_requests(&tree, view);
	write_rejects(&tree, view);
	write_dead_letters(&tree, view, &sums);
	write_history(&tree, status);
	tree_close(&tree, '}');
	tree.ok = tree.ok && buffer_append(out, "\n", 1);
	return tree.ok;
}
