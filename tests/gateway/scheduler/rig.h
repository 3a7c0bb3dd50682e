/*
 * rig - the pump in a world of our making: a clock that jumps and a scripted
 * upstream, around the real spool, tables and budget.
 *
 * Events are numbered.  An event's line is made from its number, so what the
 * upstream takes can be compared byte for byte and counted: each must arrive
 * once.  After every cycle the rig asserts that the accounting's sum is right,
 * now and then that the statistics are, table by table.
 *
 * Units	nanoseconds of virtual time since the start.
 * Ownership	rig_open gives, rig_close takes.
 * Threads	one.
 * Errors	asserts: a rig that breaks is a failed test.
 */
#ifndef TESTS_GATEWAY_SCHEDULER_RIG_H
#define TESTS_GATEWAY_SCHEDULER_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/scheduler/pump.h"

#define MS  NS_PER_MS
#define SEC NS_PER_S

struct rig_call {
	int64_t sent_ns;
	int64_t answer_ns;
	uint32_t table; /* its number */
	uint32_t events;
	size_t bytes;
	uint32_t first;    /* number of its first event */
	uint32_t poisoned; /* events in it */
	/* the script's to change */
	struct upstream_answer answer; /* 200 */
	bool arrives;                  /* does the upstream keep the events? */
};

struct rig_request {
	struct completion completion;
	uint32_t first, events, table;
	char producer[32];
	bool settled;
	int64_t settled_ns;
};

struct rig;

struct rig_options {
	uint32_t tables;
	struct batch_options batch;
	uint64_t calls_per_minute;
	uint64_t bytes_per_second;
	uint64_t max_in_flight;
	uint64_t weight_0; /* of table 0; 0: 1, like all */
	uint64_t seed;
	int64_t latency_ns;
	uint32_t line_bytes; /* of each event; 0: each its own, 60 to 300 */
	int64_t max_age_ms;  /* 0: 7 days; events are of the start's midnight */
	uint32_t old_every;  /* one in so many is of the day before; 0: none */
	bool keeps_dead_letters; /* dead letters are stored */
	bool strangers;          /* no table is configured */
	/* Called as a call is sent; NULL: 200, and 400 to what is poisoned. */
	void (*script)(struct rig *rig, struct rig_call *call);
};

struct rig {
	struct upstream upstream;
	struct rig_options options;
	struct instant now;
	bool ready;
	struct tables *tables;
	struct spool *spool;
	struct budget *budget;
	struct registry *registry;
	struct pump *pump;
	struct completion_box box;

	struct rig_call *calls; /* all of them, as sent */
	size_t call_count, call_room;
	size_t *open; /* not yet answered */
	size_t open_count, open_most;

	struct upstream_answer next_answer; /* see rig_answer */
	size_t next_count;
	uint32_t next_table;

	uint32_t *event_table;  /* by number */
	uint8_t *arrived;       /* how often, by number */
	uint8_t *dead_lettered; /* likewise */
	uint8_t *poison;        /* see rig_poison */
	struct deadletter_sink sink;
	bool store_full;     /* no room for dead letters */
	uint32_t store_room; /* events, unless it is 0 */
	size_t store_calls;  /* how often letters were stored */
	struct deadletter_sink_event
	    last_dead_letter; /* its spans and pointers are stale */
	char last_answer[REFUSAL_TEXT_MAX + 1];
	uint32_t poisoned;
	uint32_t event_count, event_room;
	struct rig_request *requests;
	size_t request_count;
	uint64_t random;
	int64_t turns, turned_ns; /* in this instant */
	int64_t limit_ns;         /* wait() goes no further */
	uint64_t checks;
	char producer[32]; /* of requests; empty: not named */
	int64_t jumped_ms; /* wall time moved so far; set any time */
};

/* What options say; 0 stands for Polaris' own values. */
struct rig *rig_open(const struct rig_options *options);

/* Ten minutes later: the budget is full and plays no part for a while. */
struct rig *rig_open_warm(struct rig_options options);

/*
 * What the next `count` calls are answered with, of one table or RIG_ANY,
 * before the script is asked.
 */
#define RIG_ANY UINT32_MAX
void rig_answer(struct rig *rig, size_t count, uint32_t table,
    struct upstream_answer answer);
struct upstream_answer rig_status(unsigned status, int64_t retry_after_ms);

/* From now on each batch that holds this event is refused. */
void rig_poison(struct rig *rig, uint32_t number);
uint32_t rig_dead_lettered(const struct rig *rig);

/* Fails unless each event has arrived, or is poisoned and a dead letter; once. */
void rig_expect_bisected(const struct rig *rig);

/* Settles every completion, checks that all memory comes back. */
void rig_close(struct rig *rig);

uint32_t rig_random(struct rig *rig, uint32_t below);

/* A request of so many events; its first event's number. */
uint32_t rig_post(struct rig *rig, uint32_t table, uint32_t events);

/* The next requests are this producer's; NULL: nobody's by name. */
void rig_name(struct rig *rig, const char *producer);

/* The same, waiting for delivery until `deadline_ns`; its request's index. */
size_t rig_post_awaited(
    struct rig *rig, uint32_t table, uint32_t events, int64_t deadline_ns);

/* Runs the pump until then. */
void rig_run(struct rig *rig, int64_t until_ns);

/* Runs until nothing waits; fails after `most_ns` more. */
void rig_finish(struct rig *rig, int64_t most_ns);

/* Most calls in any closed window; bytes likewise. */
uint64_t rig_fullest_calls(const struct rig *rig, int64_t window_ns);
uint64_t rig_fullest_bytes(const struct rig *rig, int64_t window_ns);

/* Fails unless each event has arrived, and once. */
void rig_expect_each_once(const struct rig *rig);

/* An integer from the environment. */
int64_t rig_setting(const char *name, int64_t otherwise);

/* Events that arrived exactly so often. */
uint32_t rig_arrived(const struct rig *rig, uint8_t times);

#endif
