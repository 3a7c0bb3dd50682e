/*
 * upstream_stats - what the sending side counts, all of it at one moment.
 *
 * Plain numbers of one owner, the pump.  When somebody asks, it measures what
 * is a state and not a count, and gives a copy of the whole (registry.h).  So in
 * every copy, for each table
 *
 *	recovered + accepted = delivered + dead_lettered + withdrawn + waiting
 *
 * where `waiting` was counted at that moment, not derived from the others: if
 * an event is lost or counted twice, the sum shows it.
 *
 * Units	events, bytes, calls; time as the names say.
 * Ownership	registry.c has them; the pump fills them.
 * Threads	the pump's; copies are whoever's they are.
 * Errors	none.
 */
#ifndef GATEWAY_METRICS_UPSTREAM_STATS_H
#define GATEWAY_METRICS_UPSTREAM_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/metrics/upstream_words.h"
#include "gateway/base/histogram.h"
#include "gateway/metrics/label_table.h"
#include "gateway/model/table.h"

struct upstream_stats_table {
	uint64_t recovered, accepted;
	uint64_t delivered, withdrawn, dead_lettered[UPSTREAM_STATS_DEAD_COUNT];
	uint64_t batches[UPSTREAM_STATS_CLOSED_COUNT], batch_events;
	uint64_t calls, calls_in_minute;
	uint64_t settled; /* of those that left, what a spool on disk knows */
	/* Measured when somebody asks. */
	uint64_t waiting, waiting_bytes, in_flight;
	uint64_t suspects; /* of them, refused alone and not known to be bad */
	uint64_t batch_most; /* events that a batch may hold; lately */
	int64_t oldest_ms;   /* since it was accepted; -1: nothing waits */
	int64_t again_ms;    /* not flowing: when it is tried again */
	enum upstream_stats_lane lane;
	const char *reason; /* not flowing: why, a constant word; else NULL */
	unsigned status;    /* the last answer; 0: none yet, or none came */
};

#define UPSTREAM_STATS_STATUSES  600
#define UPSTREAM_STATS_ERROR_MAX 120

struct upstream_stats_credential {
	const char *kind;
	bool ready;
	int64_t expires_s; /* -1: it does not, or there is none */
	uint64_t renewed, failed;
	int64_t renewed_ms, failed_ms;        /* since 1970; 0: never */
	char error[UPSTREAM_STATS_ERROR_MAX]; /* of the last failure */
};

/* A spool on disk; in memory alone, the first two only. */
struct upstream_stats_spool {
	uint64_t bytes, limit;
	bool durable;
	bool failing, recovering;
	uint64_t unverified, damaged_records, damaged_segments;
	uint64_t commits, failures, copied_records, segments;
	struct histogram_view commit_times;
};

struct upstream_stats {
	struct label_table labels; /* of tables */
	struct upstream_stats_table tables[LABEL_TABLE_MOST];

	/* Calls by producer, in thousandths: a batch is shared by many. */
	uint64_t producer_calls[LABEL_TABLE_MOST];
	uint64_t producer_calls_in_minute[LABEL_TABLE_MOST];
	int64_t minute; /* which, since 1970 */

	uint64_t calls; /* made, whatever the answer */
	uint64_t statuses[UPSTREAM_STATS_STATUSES], unreached, unknown;
	uint64_t again[UPSTREAM_STATS_AGAIN_COUNT];
	struct histogram delivery, upstream, batch;
	uint64_t budget_wait_us;

	/* Measured when somebody asks. */
	uint64_t budget_limit, budget_used;
	uint32_t budget_reset_s;
	struct upstream_stats_spool spool;
	bool refused;      /* the upstream refuses our credential */
	int64_t paused_ms; /* until anything is sent again; 0: not paused */
	struct upstream_stats_credential credential;
	int64_t clock_skew_ms; /* ours is ahead, or was moved, by so much */
	bool clock_in_doubt;   /* and nothing expires */
	int64_t wall_ms;       /* when that was; 0: never yet */
};

/* The table's page; opened if it has none and there are any left. */
struct upstream_stats_table *upstream_stats_of(
    struct upstream_stats *stats, struct table *table);

/* Begins a new minute's spending when it is one. */
void upstream_stats_turn_minute(struct upstream_stats *stats, int64_t wall_ms);

uint64_t upstream_stats_dead(const struct upstream_stats_table *table);

#endif
