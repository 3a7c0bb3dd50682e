/*
 * upstream_stats - what the sending side counts, and the words for its kinds.
 *
 * Plain numbers of one owner, the pump.  When a reader asks, the pump measures
 * the states (not the counts) and copies the whole (registry.h).  So in every
 * copy, for each table
 *
 *	recovered + accepted = delivered + dead_lettered + withdrawn + waiting
 *
 * where `waiting` was counted at that moment, not derived from the others: if
 * an event is lost or counted twice, the sum shows it.
 */
#ifndef GATEWAY_METRICS_UPSTREAM_STATS_H
#define GATEWAY_METRICS_UPSTREAM_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/histogram.h"
#include "gateway/metrics/label_table.h"
#include "gateway/model/table.h"

/* Why a batch was closed. */
#define UPSTREAM_STATS_CLOSED(X)                                               \
	X(EVENTS, "events")                                                    \
	X(BYTES, "bytes")                                                      \
	X(LINGER, "linger")                                                    \
	X(DRAIN, "drain")

/* Why a batch was sent again. */
#define UPSTREAM_STATS_AGAIN(X)                                                \
	X(RENEWED, "renewed")                                                  \
	X(LATER, "later")                                                      \
	X(SPLIT, "split")                                                      \
	X(OVER_LIMIT, "over_limit")                                            \
	X(REFUSED, "refused")                                                  \
	X(CREDENTIAL, "credential")                                            \
	X(UNREACHED, "unreached")                                              \
	X(UNKNOWN, "unknown")

/* Why an event ended among the dead letters. */
#define UPSTREAM_STATS_DEAD(X)                                                 \
	X(REFUSED, "refused")                                                  \
	X(TOO_LARGE, "too_large")                                              \
	X(EXPIRED, "expired")

/* How a table's lane stands, from good to bad. */
#define UPSTREAM_STATS_LANE(X)                                                 \
	X(FLOWING, "flowing")                                                  \
	X(SPLITTING, "splitting")                                              \
	X(WAITING, "waiting")                                                  \
	X(HELD, "held")

/* clang-format off */
#define UPSTREAM_STATS_ENUM_CLOSED(symbol, word) UPSTREAM_STATS_CLOSED_##symbol,
#define UPSTREAM_STATS_ENUM_AGAIN(symbol, word) UPSTREAM_STATS_AGAIN_##symbol,
#define UPSTREAM_STATS_ENUM_DEAD(symbol, word) UPSTREAM_STATS_DEAD_##symbol,
#define UPSTREAM_STATS_ENUM_LANE(symbol, word) UPSTREAM_STATS_LANE_##symbol,
enum upstream_stats_closed { UPSTREAM_STATS_CLOSED(UPSTREAM_STATS_ENUM_CLOSED) UPSTREAM_STATS_CLOSED_COUNT };
enum upstream_stats_again { UPSTREAM_STATS_AGAIN(UPSTREAM_STATS_ENUM_AGAIN) UPSTREAM_STATS_AGAIN_COUNT };
enum upstream_stats_dead { UPSTREAM_STATS_DEAD(UPSTREAM_STATS_ENUM_DEAD) UPSTREAM_STATS_DEAD_COUNT };
enum upstream_stats_lane { UPSTREAM_STATS_LANE(UPSTREAM_STATS_ENUM_LANE) UPSTREAM_STATS_LANE_COUNT };
/* clang-format on */

extern const char
    *const upstream_stats_closed_words[UPSTREAM_STATS_CLOSED_COUNT];
extern const char *const upstream_stats_again_words[UPSTREAM_STATS_AGAIN_COUNT];
extern const char *const upstream_stats_dead_words[UPSTREAM_STATS_DEAD_COUNT];
extern const char *const upstream_stats_lane_words[UPSTREAM_STATS_LANE_COUNT];

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

/* The table's entry, made if it is new; `other` when there are too many. */
struct upstream_stats_table *upstream_stats_of(
    struct upstream_stats *stats, struct table *table);

/* Begins a new minute's spending when it is one. */
void upstream_stats_minute(struct upstream_stats *stats, int64_t wall_ms);

uint64_t upstream_stats_dead(const struct upstream_stats_table *table);

/* The reason of that word; REFUSED if it is none of them. */
enum upstream_stats_dead upstream_stats_dead_by(const char *word);

#endif
