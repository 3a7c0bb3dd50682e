/*
 * catalog - every metric of /metrics, a row each.
 *
 * One row per metric: its name, type, labels and sentence.  What is served,
 * --help-metrics and the documented table are all made from this list.  Where
 * each number comes from is in admin/prometheus.c; a test checks that it has a
 * row for each row here.
 *
 * Names get the prefix polaris_gateway_, but for those of the process, which
 * are the same for every program.
 *
 * Units	in the names, as Prometheus has it: seconds and bytes.
 * Threads	any.
 */
#ifndef GATEWAY_METRICS_CATALOG_H
#define GATEWAY_METRICS_CATALOG_H

#include <stdio.h>

#define METRIC_NAME_MAX 80

/* clang-format off */
/*	symbol, type, name, labels, what it says */
#define METRICS(X) \
	X(REQUESTS, COUNTER, "requests_total", "route, code", \
	  "requests answered; code none: nobody was left to answer") \
	X(RECOVERED, COUNTER, "events_recovered_total", "table", \
	  "events that this start found in the spool") \
	X(ACCEPTED, COUNTER, "events_accepted_total", "table", \
	  "events kept, at whatever level") \
	X(WITHDRAWN, COUNTER, "events_withdrawn_total", "table", \
	  "events whose producer was told NotDeliveredYet, and that were not sent") \
	X(REJECTED, COUNTER, "events_rejected_total", "table, reason", \
	  "invalid events; those of a table that never had a valid one are other's") \
	X(SKIPPED, COUNTER, "events_skipped_total", "table, reason", \
	  "of those, the ones that became dead letters while the rest of their request was kept (events.on_invalid: skip)") \
	X(DELIVERED, COUNTER, "events_delivered_total", "table", \
	  "events that the upstream answered with 2xx") \
	X(DEAD_LETTERED, COUNTER, "events_dead_lettered_total", "table, reason", \
	  "accepted events that the upstream will never take, set aside") \
	X(WAITING, GAUGE, "events_waiting", "table", \
	  "events kept and not yet delivered, those in flight included; counted, not derived") \
	X(SPOOL_BYTES, GAUGE, "spool_bytes", "", \
	  "what the kept events take of the spool") \
	X(SPOOL_LIMIT, GAUGE, "spool_limit_bytes", "", \
	  "what they may take; then 503 SpoolFull") \
	X(COMMITS, HISTOGRAM, "spool_commit_seconds", "", \
	  "how long a commit of the spool took: one write and one sync; empty without a disk") \
	X(DISK_FAILING, GAUGE, "spool_disk_failing", "", \
	  "1: the spool's disk takes nothing; producers get 503") \
	X(DAMAGED, COUNTER, "spool_damaged_records_total", "", \
	  "records that could not be read back from disk") \
	X(LOG_DROPPED, COUNTER, "log_lines_dropped_total", "", \
	  "lines that were not logged because standard error was not read") \
	X(OLDEST, GAUGE, "spool_oldest_seconds", "table", \
	  "how long the oldest waiting event has waited; absent when none does") \
	X(ACK, HISTOGRAM, "ack_seconds", "level", \
	  "from a request's last byte to its 200") \
	X(DELIVERY, HISTOGRAM, "delivery_seconds", "", \
	  "from an event's acceptance to the upstream's 2xx, by event") \
	X(BATCHES, COUNTER, "batches_total", "table, closed_by", \
	  "batches sent for the first time, by what closed them") \
	X(BATCH_EVENTS, HISTOGRAM, "batch_events", "", \
	  "events in such a batch") \
	X(CALLS, COUNTER, "upstream_calls_total", "code", \
	  "calls that ended; unreached: nothing was sent, unknown: no answer came") \
	X(UPSTREAM, HISTOGRAM, "upstream_seconds", "", \
	  "how long a call took, whatever its answer") \
	X(RETRIES, COUNTER, "upstream_retries_total", "reason", \
	  "calls that sent a batch again, by why the last one failed") \
	X(HELD, GAUGE, "lane_held", "table, reason", \
	  "1: the table's events wait until a person acts; absent otherwise") \
	X(BUDGET_LIMIT, GAUGE, "budget_calls_limit", "", \
	  "calls a minute that this process may make") \
	X(BUDGET_USED, GAUGE, "budget_calls_used", "", \
	  "calls made in this calendar minute") \
	X(BUDGET_WAIT, COUNTER, "budget_wait_seconds_total", "", \
	  "time in which a batch was ready and the budget said wait") \
	X(PAUSED, GAUGE, "upstream_paused_seconds", "", \
	  "until anything is sent again, after a 429 or a refused credential; 0: not paused") \
	X(REFUSED, GAUGE, "credential_refused", "", \
	  "1: the upstream refuses our credential; everything waits") \
	X(EXPIRES, GAUGE, "credential_expires_seconds", "", \
	  "how long our token still lives; absent where none ends") \
	X(RENEWALS, COUNTER, "credential_renewals_total", "result", \
	  "tokens fetched, or not") \
	X(SKEW, GAUGE, "clock_skew_seconds", "", \
	  "how far our clock is ahead of the upstream's, or was moved since the start; past 300, or 3600, no event expires") \
	X(PRODUCER, COUNTER, "producer_events_total", "producer", \
	  "events kept, by the producer's name (producers.identify_by)") \
	X(CONNECTIONS, GAUGE, "connections", "", \
	  "producers' connections") \
	X(BUILD, GAUGE, "build_info", "version", \
	  "always 1") \
	X(CPU, COUNTER, "process_cpu_seconds_total", "", \
	  "processor time, user and system") \
	X(STARTED, GAUGE, "process_start_time_seconds", "", \
	  "when the process was started, since 1970") \
	X(RESIDENT, GAUGE, "process_resident_memory_bytes", "", \
	  "resident memory") \
	X(VIRTUAL, GAUGE, "process_virtual_memory_bytes", "", \
	  "virtual memory") \
	X(FILES, GAUGE, "process_open_fds", "", \
	  "open files") \
	X(FILES_MOST, GAUGE, "process_max_fds", "", \
	  "open files that are allowed")
/* clang-format on */

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

enum metric {
#define X(symbol, type, name, labels, help) METRIC_##symbol,
	METRICS(X)
#undef X
	    METRIC_COUNT
};

struct metric_row {
	enum metric_type type;
	const char *name;   /* without the prefix */
	const char *labels; /* by ", " */
	const char *help;
};

extern const struct metric_row metric_rows[METRIC_COUNT];

const char *metric_type_word(enum metric_type type);

/* The whole name. */
void metric_name(enum metric metric, char name[METRIC_NAME_MAX]);

/* The table of --help-metrics, in Markdown. */
void metric_print(FILE *out);

#endif
