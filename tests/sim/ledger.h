/*
 * ledger - the counts of everything, per table and in all.
 *
 * `calls` are all requests on the event paths whose head was read, whatever
 * became of them: that is what the organization's limit is about.
 *
 * Units	calls, events; bytes as inflated unless the name says wire.
 * Ownership	owns the tables, which live until ledger_reset.
 * Threads	none inside.
 * Errors	out of memory or LEDGER_TABLES_MAX: no table (NULL).
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "tests/sim/meter.h"
#include "tests/sim/violation.h"

#define LEDGER_TABLES_MAX  65536
#define LEDGER_MINUTES_MAX 1440 /* a day; then the oldest is forgotten */
#define LEDGER_STATUSES    600
#define LEDGER_NAME_BYTES  65

struct ledger_table {
	char name[LEDGER_NAME_BYTES];
	uint64_t calls, taken_calls, events, bytes, digest, most_events;
};

struct ledger_minute {
	int64_t minute; /* since 1970 */
	uint64_t calls, limited;
};

struct ledger_flight {
	uint64_t now, most;
};

struct ledger {
	uint64_t calls, taken_calls, events, bytes, wire_bytes, digest;
	uint64_t most_events, most_bytes, gzip_calls, duplicates;
	uint64_t by_status[LEDGER_STATUSES]; /* [0]: no HTTP answer */
	uint64_t token_calls, token_by_status[LEDGER_STATUSES];
	uint64_t connections, open_connections;
	struct ledger_flight calls_flying, tokens_flying;
	struct violations violations;
	struct meter calls_meter, bytes_meter;
	struct ledger_minute minutes[LEDGER_MINUTES_MAX];
	uint64_t minute_count;
	struct ledger_table **tables; /* hash table, by name */
	size_t table_count, table_room;
};

void ledger_fini(struct ledger *l);
void ledger_reset(struct ledger *l); /* but what is open or flying */

struct ledger_table *ledger_table(struct ledger *l, const char *name);

/* A call begins; a refusal by the limit is told when it is known. */
void ledger_call(struct ledger *l, int64_t wall_ms, int64_t mono_ms);
void ledger_limited(struct ledger *l);

/* A body was read, taken or not. */
void ledger_body(
    struct ledger *l, uint64_t wire_bytes, uint64_t bytes, int64_t mono_ms);

void ledger_take(struct ledger *l, struct ledger_table *t, uint64_t events,
    uint64_t bytes, uint64_t digest);

void ledger_takes_off(struct ledger_flight *f);
void ledger_lands(struct ledger_flight *f);

#endif
