/*
 * account - everything that is counted, and how it is read.
 *
 * The receiving side counts in blocks, one a worker, that only their worker
 * writes; the sending side in books that only the pump writes.  Neither takes
 * a lock for an event.  Whoever reads adds up the blocks, and asks the pump
 * for a copy of its books, made between two of its turns:
 *
 *	reader --asks, rings--> pump: measures, copies --wakes--> reader
 *
 * A pump that does not answer soon is not waited for again until it does; the
 * last copy serves, which is as whole as any.
 *
 * Units	as books.h; wall time in milliseconds since 1970.
 * Ownership	account_open gives, account_close takes, blocks and books
 *		included; whoever counts must have ended by then.
 * Threads	account_read and account_tick from any; the rest as named.
 * Errors	no memory: false or NULL.
 */
#ifndef GATEWAY_ACCOUNT_H
#define GATEWAY_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/books.h"
#include "gateway/histogram.h"
#include "gateway/history.h"
#include "gateway/labels.h"
#include "gateway/outcome.h"
#include "parsers/err.h"
#include "parsers/event.h"

enum account_route {
	ACCOUNT_EVENTS,
	ACCOUNT_PROJECT_EVENTS,
	ACCOUNT_NO_ROUTE,
	ACCOUNT_ROUTES
};
extern const char *const account_route_words[ACCOUNT_ROUTES];

#define ACCOUNT_LEVELS 3 /* received, durable, delivered */
extern const char *const account_level_words[ACCOUNT_LEVELS];

/* Reasons to refuse: what is wrong with an event, then with a request. */
#define ACCOUNT_REASONS (EVENT_FAULT_COUNT + OUTCOME_COUNT)
#define ACCOUNT_SAMPLES 3
const char *account_reason_word(unsigned reason);

/* One refusal: where, but nothing of what. */
struct account_sample {
	int64_t wall_ms; /* 0: none */
	char table[LABEL_MAX + 1], producer[LABEL_MAX + 1];
	uint64_t line, offset; /* line 0: of a request */
};

struct account;
struct account_block;
bool account_open(struct account **out, int64_t wall_ms, struct err *err);
void account_close(struct account **account);

/* ---- the receiving side: each from its own thread --------------------- */

struct account_block *account_block(struct account *account);

/* What an answered, or lost, request was. */
struct account_request {
	enum account_route route;
	enum outcome outcome;
	const struct table *table; /* NULL: it did not come so far */
	struct span table_name, producer;
	uint32_t events, bytes; /* kept; 0: none */
	unsigned level;
	int64_t took_ns; /* from its last byte to its 200 */
	int64_t wall_ms;
};

void account_count(
    struct account_block *block, const struct account_request *request);

/* `count` events of the request have this fault; the first is at `line`. */
void account_fault(struct account_block *block,
    const struct account_request *request, enum event_fault fault,
    uint32_t count, uint64_t line, uint64_t offset);

/*
 * So many events of each fault are dead letters, while the rest of their
 * request was kept.  `label`: their table's, of which account_fault was told.
 */
void account_skipped(struct account_block *block, uint32_t label,
    const uint32_t faults[EVENT_FAULT_COUNT]);

/* The number of a producer; of one that has none yet, when it `has_events`. */
uint16_t account_producer(
    struct account_block *block, struct span name, bool has_events);

void account_connections(struct account_block *block, int change);

/* ---- the sending side: the pump's thread ------------------------------ */

struct books *account_books(struct account *account);

/* The number of whom a record names that was read back; NULL: unnamed. */
uint16_t account_recall(struct account *account, const char *producer);

/* Rings this eventfd when a copy is wanted; -1: nobody answers any more. */
void account_bell(struct account *account, int fd);
bool account_wanted(const struct account *account);
void account_give(struct account *account);

/* ---- readers ---------------------------------------------------------- */

struct account_producer {
	uint64_t requests, events, bytes, refused;
};

struct account_view {
	struct books books;
	struct histogram_view delivery, upstream, batch, ack[ACCOUNT_LEVELS];
	uint64_t requests[ACCOUNT_ROUTES][OUTCOME_COUNT];
	uint64_t rejected[LABELS_MOST][EVENT_FAULT_COUNT]; /* by table */
	uint64_t skipped[LABELS_MOST][EVENT_FAULT_COUNT];  /* of those */
	struct labels labels;                              /* of producers */
	struct account_producer producers[LABELS_MOST];
	uint64_t connections;
	uint64_t reasons[ACCOUNT_REASONS];
	struct account_sample samples[ACCOUNT_REASONS][ACCOUNT_SAMPLES];
	int64_t started_ms;
	bool fresh; /* the pump answered */
};

/* Fills the view, which is large. */
void account_read(struct account *account, struct account_view *view);

/* How often each reason was given, and where last. */
struct account_reasons {
	uint64_t counts[ACCOUNT_REASONS];
	struct account_sample last[ACCOUNT_REASONS];
};

void account_reasons(struct account *account, struct account_reasons *out);

/* Once a second: one more second of history. */
void account_tick(struct account *account, int64_t wall_ms);

/* Seconds after `since_ms`, oldest first; how many. */
unsigned account_history(struct account *account, int64_t since_ms,
    struct history_second out[HISTORY_SECONDS]);

#endif
