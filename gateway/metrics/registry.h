/*
 * registry - everything that is counted, and how it is read.
 *
 * The receiving side counts in blocks, one per worker, written by that worker
 * alone.  The sending side counts in `struct upstream_stats`, written by the
 * pump alone.  So no event takes a lock.  A reader adds up the blocks, and
 * asks the pump for a copy of its statistics:
 *
 *	reader --asks, wakes--> pump: measures, copies --wakes--> reader
 *
 * When the pump does not answer within 200 ms, readers use the last copy and
 * do not wait again until it has answered.
 *
 * Units	as upstream_stats.h; wall time in milliseconds since 1970.
 * Ownership	registry_close frees the blocks and the statistics too; the
 *		threads that count must have ended.
 * Threads	registry_read and registry_tick from any; the rest as named.
 */
#ifndef GATEWAY_METRICS_REGISTRY_H
#define GATEWAY_METRICS_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/metrics/upstream_stats.h"
#include "gateway/base/histogram.h"
#include "gateway/metrics/history.h"
#include "gateway/metrics/label_table.h"
#include "gateway/model/outcome.h"
#include "parsers/err.h"
#include "parsers/json/event.h"

enum registry_route {
	REGISTRY_EVENTS,
	REGISTRY_PROJECT_EVENTS,
	REGISTRY_NO_ROUTE,
	REGISTRY_ROUTES
};
extern const char *const registry_route_words[REGISTRY_ROUTES];

#define REGISTRY_LEVELS 3 /* received, durable, delivered */
extern const char *const registry_level_words[REGISTRY_LEVELS];

/* Reasons to refuse: what is wrong with an event, then with a request. */
#define REGISTRY_REASONS (EVENT_FAULT_COUNT + OUTCOME_COUNT)
#define REGISTRY_SAMPLES 3
const char *registry_reason_word(unsigned reason);

/* One refusal: where, but nothing of what. */
struct registry_sample {
	int64_t wall_ms; /* 0: none */
	char table[LABEL_MAX + 1], producer[LABEL_MAX + 1];
	uint64_t line, offset; /* line 0: of a request */
};

struct registry;
struct registry_block;
bool registry_open(struct registry **out, int64_t wall_ms, struct err *err);
void registry_close(struct registry **registry);

/* ---- the receiving side: each from its own thread --------------------- */

struct registry_block *registry_block(struct registry *registry);

/* What an answered, or lost, request was. */
struct registry_request {
	enum registry_route route;
	enum outcome outcome;
	const struct table *table; /* NULL: it did not come so far */
	struct span table_name, producer;
	uint32_t events, bytes; /* kept; 0: none */
	unsigned level;
	int64_t took_ns; /* from its last byte to its 200 */
	int64_t wall_ms;
};

void registry_count(
    struct registry_block *block, const struct registry_request *request);

/* `count` events of the request have this fault; the first is at `line`. */
void registry_fault(struct registry_block *block,
    const struct registry_request *request, enum event_fault fault,
    uint32_t count, uint64_t line, uint64_t offset);

/*
 * So many events of each fault are dead letters, while the rest of their
 * request was kept.  `label`: their table's, of which registry_fault was told.
 */
void registry_skipped(struct registry_block *block, uint32_t label,
    const uint32_t faults[EVENT_FAULT_COUNT]);

/* The number of a producer; of one that has none yet, when it `has_events`. */
uint16_t registry_producer(
    struct registry_block *block, struct span name, bool has_events);

void registry_connections(struct registry_block *block, int change);

/* ---- the sending side: the pump's thread ------------------------------ */

struct upstream_stats *registry_stats(struct registry *registry);

/* The number of whom a record names that was read back; NULL: unnamed. */
uint16_t registry_producer_by_name(
    struct registry *registry, const char *producer);

/* This eventfd is written when a copy is wanted; -1: none will be made. */
void registry_set_wakeup_fd(struct registry *registry, int fd);
bool registry_stats_wanted(const struct registry *registry);
void registry_publish_stats(struct registry *registry);

/* ---- readers ---------------------------------------------------------- */

struct registry_producer {
	uint64_t requests, events, bytes, refused;
};

struct registry_view {
	struct upstream_stats stats;
	struct histogram_view delivery, upstream, batch, ack[REGISTRY_LEVELS];
	uint64_t requests[REGISTRY_ROUTES][OUTCOME_COUNT];
	uint64_t rejected[LABEL_TABLE_MOST][EVENT_FAULT_COUNT]; /* by table */
	uint64_t skipped[LABEL_TABLE_MOST][EVENT_FAULT_COUNT];  /* of those */
	struct label_table labels; /* of producers */
	struct registry_producer producers[LABEL_TABLE_MOST];
	uint64_t connections;
	uint64_t reasons[REGISTRY_REASONS];
	struct registry_sample samples[REGISTRY_REASONS][REGISTRY_SAMPLES];
	int64_t started_ms;
	bool fresh; /* the pump answered */
};

/* Fills the view, which is large. */
void registry_read(struct registry *registry, struct registry_view *view);

/* How often each reason was given, and where last. */
struct registry_reasons {
	uint64_t counts[REGISTRY_REASONS];
	struct registry_sample last[REGISTRY_REASONS];
};

void registry_reasons(struct registry *registry, struct registry_reasons *out);

/* Once a second: one more second of history. */
void registry_tick(struct registry *registry, int64_t wall_ms);

/* Seconds after `since_ms`, oldest first; how many. */
unsigned registry_history(struct registry *registry, int64_t since_ms,
    struct history_second out[HISTORY_SECONDS]);

#endif
