#include "gateway/admin/prometheus.h"

#include <inttypes.h>
#include <stddef.h>

#include "gateway/base/log_writer.h"
#include "gateway/admin/process.h"
#include "gateway/metrics/catalog.h"

struct page {
	struct buffer *out;
	const struct registry_view *view;
	struct process process;
	char name[METRIC_NAME_MAX]; /* of the metric being written */
	bool ok;
};

/* Where a metric's number is, and what else its lines are made of. */
struct source {
	void (*write)(struct page *page, const struct source *source);
	size_t at;
	const char *const *words;
	unsigned count;
	const char *label; /* what the words are of, beside the table */
	bool zeros;        /* write zeros too */
};

#define PUT(page, ...) ((page)->ok &= buffer_print((page)->out, __VA_ARGS__))

static uint64_t
number_at(const void *base, size_t at, unsigned i)
{
	const char *bytes = base;

	return ((const uint64_t *)(const void *)(bytes + at))[i];
}

/* ---- metrics by a source ---------------------------------------------- */

static void
write_one(struct page *page, const struct source *source)
{
	PUT(page, "%s %" PRIu64 "\n", page->name,
	    number_at(page->view, source->at, 0));
}

static bool
has_events(const struct upstream_stats_table *table, unsigned label)
{
	return label != LABEL_OTHER || table->accepted + table->recovered > 0;
}

static void
write_tables(struct page *page, const struct source *source)
{
	const struct upstream_stats *stats = &page->view->stats;

	for (uint16_t t = 0; t <= stats->labels.count; t++)
		if (has_events(&stats->tables[t], t))
			PUT(page, "%s{table=\"%s\"} %" PRIu64 "\n", page->name,
			    label_table_name(&stats->labels, t),
			    number_at(&stats->tables[t], source->at, 0));
}

/* Zeros are left out, but for those that the source wants. */
static void
write_table_words(struct page *page, const struct source *source, uint16_t t)
{
	const struct upstream_stats *stats = &page->view->stats;
	const char *name = label_table_name(&stats->labels, t);
	uint64_t number;

	for (unsigned i = 0; i < source->count; i++) {
		number = number_at(&stats->tables[t], source->at, i);
		if (number > 0 || source->zeros)
			PUT(page, "%s{table=\"%s\",%s=\"%s\"} %" PRIu64 "\n",
			    page->name, name, source->label, source->words[i],
			    number);
	}
}

static void
write_tables_words(struct page *page, const struct source *source)
{
	const struct upstream_stats *stats = &page->view->stats;

	for (uint16_t t = 0; t <= stats->labels.count; t++)
		if (has_events(&stats->tables[t], t))
			write_table_words(page, source, t);
}

static void
write_words(struct page *page, const struct source *source)
{
	for (unsigned i = 0; i < source->count; i++)
		PUT(page, "%s{reason=\"%s\"} %" PRIu64 "\n", page->name,
		    source->words[i], number_at(page->view, source->at, i));
}

static void
write_histogram(struct page *page, const struct histogram_view *view,
    const struct histogram_scale *scale, const char *label, const char *word)
{
	const char *equals = *label == '\0' ? "" : "=\"";
	const char *quote = *label == '\0' ? "" : "\"";
	const char *comma = *label == '\0' ? "" : ",";
	uint64_t below = 0, total = histogram_total(view);

	for (unsigned i = 0; i < scale->bounds; i++) {
		below += view->counts[i];
		PUT(page, "%s_bucket{%s%s%s%s%sle=\"%g\"} %" PRIu64 "\n",
		    page->name, label, equals, word, quote, comma,
		    (double)scale->upper[i] * scale->shown, below);
	}
	PUT(page, "%s_bucket{%s%s%s%s%sle=\"+Inf\"} %" PRIu64 "\n", page->name,
	    label, equals, word, quote, comma, total);
	if (*label == '\0')
		PUT(page, "%s_sum %.6f\n%s_count %" PRIu64 "\n", page->name,
		    (double)view->sum * scale->sum_shown, page->name, total);
	else
		PUT(page,
		    "%s_sum{%s=\"%s\"} %.6f\n%s_count{%s=\"%s\"} %" PRIu64 "\n",
		    page->name, label, word,
		    (double)view->sum * scale->sum_shown, page->name, label,
		    word, total);
}

/* ---- metrics that need a function of their own ------------------------ */

/* Several outcomes may have one HTTP status: the counter is their sum. */
static void
write_requests(struct page *page, const struct source *source)
{
	const struct registry_view *view = page->view;

	(void)source;
	for (unsigned r = 0; r < REGISTRY_ROUTES; r++) {
		for (unsigned o = 0; o < OUTCOME_COUNT; o++) {
			unsigned http = outcome_rows[o].http;
			uint64_t sum = 0;
			bool first = true;

			for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
				if (outcome_rows[i].http != http)
					continue;
				first &= i >= o;
				sum += view->requests[r][i];
			}
			if (!first || sum == 0)
				continue;
			PUT(page, "%s{route=\"%s\",code=\"", page->name,
			    registry_route_words[r]);
			if (http == 0)
				PUT(page, "none\"} %" PRIu64 "\n", sum);
			else
				PUT(page, "%u\"} %" PRIu64 "\n", http, sum);
		}
	}
}

/* By table and by what is wrong with an event. */
static void
write_faults(struct page *page, const struct source *source)
{
	const struct label_table *labels = &page->view->stats.labels;
	uint64_t number;

	for (uint16_t t = 0; t <= labels->count; t++)
		for (unsigned f = EVENT_OK + 1; f < EVENT_FAULT_COUNT; f++) {
			number = number_at(
			    page->view, source->at, t * EVENT_FAULT_COUNT + f);
			if (number > 0)
				PUT(page,
				    "%s{table=\"%s\",reason=\"%s\"} %" PRIu64
				    "\n",
				    page->name, label_table_name(labels, t),
				    event_fault_word(f), number);
		}
}

static void
write_oldest(struct page *page, const struct source *source)
{
	const struct upstream_stats *stats = &page->view->stats;

	(void)source;
	for (uint16_t t = 0; t <= stats->labels.count; t++)
		if (stats->tables[t].waiting > 0)
			PUT(page, "%s{table=\"%s\"} %.3f\n", page->name,
			    label_table_name(&stats->labels, t),
			    (double)stats->tables[t].oldest_ms / 1000);
}

static void
write_ack(struct page *page, const struct source *source)
{
	(void)source;
	for (unsigned l = 0; l < REGISTRY_LEVELS; l++)
		if (histogram_total(&page->view->ack[l]) > 0)
			write_histogram(page, &page->view->ack[l],
			    &histogram_time, "level", registry_level_words[l]);
}

static void
write_delivery(struct page *page, const struct source *source)
{
	(void)source;
	write_histogram(page, &page->view->delivery, &histogram_time, "", "");
}

static void
write_batch_events(struct page *page, const struct source *source)
{
	(void)source;
	write_histogram(page, &page->view->batch, &histogram_events, "", "");
}

static void
write_upstream(struct page *page, const struct source *source)
{
	(void)source;
	write_histogram(page, &page->view->upstream, &histogram_time, "", "");
}

static void
write_commits(struct page *page, const struct source *source)
{
	(void)source;
	write_histogram(page, &page->view->stats.spool.commit_times,
	    &histogram_time, "", "");
}

static void
write_disk_failing(struct page *page, const struct source *source)
{
	(void)source;
	PUT(page, "%s %d\n", page->name, page->view->stats.spool.failing);
}

static void
write_log_dropped(struct page *page, const struct source *source)
{
	(void)source;
	PUT(page, "%s %" PRIu64 "\n", page->name, log_writer_dropped());
}

static void
write_calls(struct page *page, const struct source *source)
{
	const struct upstream_stats *stats = &page->view->stats;

	(void)source;
	for (unsigned s = 0; s < UPSTREAM_STATS_STATUSES; s++)
		if (stats->statuses[s] > 0)
			PUT(page, "%s{code=\"%u\"} %" PRIu64 "\n", page->name,
			    s, stats->statuses[s]);
	PUT(page, "%s{code=\"unreached\"} %" PRIu64 "\n", page->name,
	    stats->unreached);
	PUT(page, "%s{code=\"unknown\"} %" PRIu64 "\n", page->name,
	    stats->unknown);
}

static void
write_held(struct page *page, const struct source *source)
{
	const struct upstream_stats *stats = &page->view->stats;

	(void)source;
	for (uint16_t t = 0; t <= stats->labels.count; t++)
		if (stats->tables[t].lane == UPSTREAM_STATS_LANE_HELD)
			PUT(page, "%s{table=\"%s\",reason=\"%s\"} 1\n",
			    page->name, label_table_name(&stats->labels, t),
			    stats->tables[t].reason);
}

static void
write_budget_wait(struct page *page, const struct source *source)
{
	(void)source;
	PUT(page, "%s %.6f\n", page->name,
	    (double)page->view->stats.budget_wait_us / 1e6);
}

static void
write_paused(struct page *page, const struct source *source)
{
	(void)source;
	PUT(page, "%s %.3f\n", page->name,
	    (double)page->view->stats.paused_ms / 1000);
}

static void
write_skew(struct page *page, const struct source *source)
{
	(void)source;
	PUT(page, "%s %.3f\n", page->name,
	    (double)page->view->stats.clock_skew_ms / 1000);
}

static void
write_refused(struct page *page, const struct source *source)
{
	(void)source;
	PUT(page, "%s %d\n", page->name, page->view->stats.refused);
}

static void
write_expires(struct page *page, const struct source *source)
{
	int64_t expires_s = page->view->stats.credential.expires_s;

	(void)source;
	if (expires_s >= 0)
		PUT(page, "%s %" PRId64 "\n", page->name, expires_s);
}

static void
write_renewals(struct page *page, const struct source *source)
{
	const struct upstream_stats_credential *c =
	    &page->view->stats.credential;

	(void)source;
	PUT(page, "%s{result=\"ok\"} %" PRIu64 "\n", page->name, c->renewed);
	PUT(page, "%s{result=\"failed\"} %" PRIu64 "\n", page->name, c->failed);
}

static void
write_label_value(struct page *page, const char *text)
{
	for (; *text != '\0'; text++)
		PUT(page, "%s%c", *text == '"' || *text == '\\' ? "\\" : "",
		    *text);
}

static void
write_producers(struct page *page, const struct source *source)
{
	const struct registry_view *view = page->view;

	(void)source;
	for (uint16_t p = 0; p <= view->labels.count; p++) {
		if (view->producers[p].events == 0)
			continue;
		PUT(page, "%s{producer=\"", page->name);
		write_label_value(page, label_table_name(&view->labels, p));
		PUT(page, "\"} %" PRIu64 "\n", view->producers[p].events);
	}
}

static void
write_build(struct page *page, const struct source *source)
{
	(void)source;
	PUT(page, "%s{version=\"%s\"} 1\n", page->name, GATEWAY_VERSION);
}

static void
write_process_seconds(struct page *page, const struct source *source)
{
	const char *process = (const char *)&page->process;

	PUT(page, "%s %.2f\n", page->name,
	    *(const double *)(const void *)(process + source->at));
}

static void
write_process_number(struct page *page, const struct source *source)
{
	PUT(page, "%s %" PRIu64 "\n", page->name,
	    number_at(&page->process, source->at, 0));
}

/* ---- the table -------------------------------------------------------- */

#define VIEW(field)    .at = offsetof(struct registry_view, field)
#define STATS(field)   VIEW(stats.field)
#define TABLE(field)   .at = offsetof(struct upstream_stats_table, field)
#define PROCESS(field) .at = offsetof(struct process, field)

static const struct source sources[METRIC_COUNT] = {
	[METRIC_REQUESTS] = { write_requests },
	[METRIC_RECOVERED] = { write_tables, TABLE(recovered) },
	[METRIC_ACCEPTED] = { write_tables, TABLE(accepted) },
	[METRIC_WITHDRAWN] = { write_tables, TABLE(withdrawn) },
	[METRIC_REJECTED] = { write_faults, VIEW(rejected) },
	[METRIC_SKIPPED] = { write_faults, VIEW(skipped) },
	[METRIC_DELIVERED] = { write_tables, TABLE(delivered) },
	[METRIC_DEAD_LETTERED] = { write_tables_words, TABLE(dead_lettered),
	    upstream_stats_dead_words, UPSTREAM_STATS_DEAD_COUNT, "reason",
	    true },
	[METRIC_WAITING] = { write_tables, TABLE(waiting) },
	[METRIC_SPOOL_BYTES] = { write_one, STATS(spool.bytes) },
	[METRIC_SPOOL_LIMIT] = { write_one, STATS(spool.limit) },
	[METRIC_COMMITS] = { write_commits },
	[METRIC_DISK_FAILING] = { write_disk_failing },
	[METRIC_DAMAGED] = { write_one, STATS(spool.damaged_records) },
	[METRIC_LOG_DROPPED] = { write_log_dropped },
	[METRIC_OLDEST] = { write_oldest },
	[METRIC_ACK] = { write_ack },
	[METRIC_DELIVERY] = { write_delivery },
	[METRIC_BATCHES] = { write_tables_words, TABLE(batches),
	    upstream_stats_closed_words, UPSTREAM_STATS_CLOSED_COUNT,
	    "closed_by" },
	[METRIC_BATCH_EVENTS] = { write_batch_events },
	[METRIC_CALLS] = { write_calls },
	[METRIC_UPSTREAM] = { write_upstream },
	[METRIC_RETRIES] = { write_words, STATS(again),
	    upstream_stats_again_words, UPSTREAM_STATS_AGAIN_COUNT },
	[METRIC_HELD] = { write_held },
	[METRIC_BUDGET_LIMIT] = { write_one, STATS(budget_limit) },
	[METRIC_BUDGET_USED] = { write_one, STATS(budget_used) },
	[METRIC_BUDGET_WAIT] = { write_budget_wait },
	[METRIC_PAUSED] = { write_paused },
	[METRIC_REFUSED] = { write_refused },
	[METRIC_EXPIRES] = { write_expires },
	[METRIC_RENEWALS] = { write_renewals },
	[METRIC_SKEW] = { write_skew },
	[METRIC_PRODUCER] = { write_producers },
	[METRIC_CONNECTIONS] = { write_one, VIEW(connections) },
	[METRIC_BUILD] = { write_build },
	[METRIC_CPU] = { write_process_seconds, PROCESS(cpu_s) },
	[METRIC_STARTED] = { write_process_seconds, PROCESS(started_s) },
	[METRIC_RESIDENT] = { write_process_number, PROCESS(resident_bytes) },
	[METRIC_VIRTUAL] = { write_process_number, PROCESS(virtual_bytes) },
	[METRIC_FILES] = { write_process_number, PROCESS(files) },
	[METRIC_FILES_MOST] = { write_process_number, PROCESS(files_most) },
};

bool
prometheus_write(const struct registry_view *view, struct buffer *out)
{
	struct page page = {
		.out = out,
		.view = view,
		.process = process_look(),
		.ok = true,
	};

	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		metric_name(m, page.name);
		PUT(&page, "# HELP %s %s\n# TYPE %s %s\n", page.name,
		    metric_rows[m].help, page.name,
		    metric_type_word(metric_rows[m].type));
		sources[m].write(&page, &sources[m]);
	}
	return page.ok;
}
