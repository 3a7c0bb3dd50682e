/*
 * table - a name that producers post to, and what holds for its events.
 *
 * Both sides of the spool need it: receive asks whether a name may be written
 * to and by which rules, the scheduler asks under which upstream id its events
 * are sent.  Configured tables live as long as the process.  Others are made
 * by the first post, at most `max_unconfigured` of them, and removed when none
 * of their events has waited for ten minutes: a producer that invents names
 * costs a bounded amount of memory.
 *
 * A table's `index` is dense (below tables_capacity) and may be given to
 * another table after this one was removed; `serial` then differs.
 *
 * Units	names and ids obey [A-Za-z0-9._-]{1,64}, not "." nor "..".
 * Ownership	tables_find gives a reference; table_release takes it back.
 * Threads	any; the lock is inside.
 * Errors	a refusal is a value of enum table_answer.
 */
#ifndef GATEWAY_MODEL_TABLE_H
#define GATEWAY_MODEL_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "parsers/err.h"
#include "parsers/json/event.h"
#include "parsers/span.h"

#define TABLE_NAME_MAX 64

struct batch_options {
	uint64_t max_events;      /* a batch leaves with this many events, */
	uint64_t max_bytes;       /* or this many bytes,		      */
	uint64_t linger_ms;       /* or this long after its first	      */
	uint64_t burst_events;    /* instead, if more, while calls are scarce */
	uint64_t burst_linger_ms; /* likewise */
};

/* What becomes of a request that holds an invalid event. */
enum on_invalid {
	ON_INVALID_REJECT, /* it is refused */
	ON_INVALID_SKIP,   /* the others are kept, that one is a dead letter */
};

struct event_options {
	uint64_t max_age_ms;   /* older events are refused	  */
	uint64_t max_ahead_ms; /* events further ahead are refused */
	uint64_t max_depth;    /* nesting, own braces included	  */
	enum on_invalid on_invalid;
};

struct table_options {
	char name[TABLE_NAME_MAX + 1];
	char id[TABLE_NAME_MAX + 1]; /* its name upstream */
	uint64_t weight;             /* its share when calls are scarce */
	struct batch_options batch;
	struct event_options events;
};

struct tables_options {
	struct table_options defaults; /* name and id are not used */
	struct table_options *configured;
	size_t configured_count;
	bool reject_unknown;
	uint64_t max_unconfigured;
};

struct table {
	struct table_options options;
	uint32_t index;
	uint64_t serial; /* never used twice by one process */
	atomic_uint_fast32_t
	    label; /* upstream_stats.h: 1 + its place; 0: none */
	atomic_uint_fast64_t spool_bytes; /* the spool's, in memory alone */
	atomic_bool absent;               /* upstream: see table_absent */
	/* private to table.c */
	bool configured;
	atomic_uint_fast64_t references;
	atomic_int_fast64_t idle_since_ns;
	struct table *next;
};

struct tables;

enum table_answer {
	TABLE_FOUND,
	TABLE_UNKNOWN,  /* unknown_tables: reject */
	TABLE_TOO_MANY, /* max_tables names are in use */
	TABLE_ABSENT,   /* not configured, and the upstream lacks it too */
};

/* What an event of the table must be, at this moment. */
struct event_limits table_limits(
    const struct table_options *options, int64_t wall_ms);

/* Does it obey the grammar of table names? */
bool table_name_valid(struct span name);

/* Copies what it needs of the options. */
bool tables_open(
    struct tables **out, const struct tables_options *options, struct err *err);
void tables_close(struct tables **tables);

/* How many tables there can be at once. */
size_t tables_capacity(const struct tables *tables);

/* How many there are; any thread. */
size_t tables_known(const struct tables *tables);

/* The name must be valid.  TABLE_FOUND gives a reference in *table_out. */
enum table_answer tables_find(struct tables *tables, struct span name,
    struct instant now, struct table **table_out);

/*
 * Called by the scheduler: the upstream answers 404 for the table and has
 * accepted none of its events yet; or that is no longer so.  Events of a
 * configured table are kept all the same: the table may be created later.
 * Any thread.
 */
void table_absent(struct table *table, bool absent);

void table_hold(struct table *table);
void table_release(struct table *table, struct instant now);

#endif
