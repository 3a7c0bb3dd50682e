/*
 * model - what a spool's log must hold, by what was done to it and told.
 *
 * It knows of each event whether it was acknowledged, is with the pump, was
 * settled, and whether that is durable.  The log is held to this: nothing
 * acknowledged is lost, nothing is invented, nothing comes twice in one life,
 * nothing durably settled comes again, and a record comes whole or not at all.
 *
 * Ownership	the world is the program's; this fills and checks it.
 * Errors	abort, with the seed and the action that show it again.
 */
#ifndef TESTS_FAULTS_MODEL_H
#define TESTS_FAULTS_MODEL_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/spool/committer.h"
#include "gateway/model/completion.h"
#include "tests/faults/sim_disk.h"

#define TABLES       5
#define EVENTS_MOST  6
#define HELD_MOST    4000
#define ENTRIES_MOST 60000
#define SEGMENT      (16 * 1024)
#define SEGMENTS     10
#define LARGEST      3000

enum state { SENT, ACKED, UNKNOWN, REFUSED, GONE };

struct event {
	bool held, told, settled, maybe;
};

struct entry {
	struct completion completion;
	enum state state;
	bool has_completion;
	bool twice; /* written again after a failed commit, then a crash */
	int table, events, life;
	struct event event[EVENTS_MOST];
};

struct held {
	struct record *record;
	int entry, first;
};

struct world {
	uint64_t seed, random, action;
	struct sim *sim;
	struct tables *tables;
	struct table *table[TABLES];
	struct committer *committer;
	struct completion_box box;
	int wakeup_fd;
	int64_t now_ns;
	struct entry *entries;
	int entry_count;
	struct held held[HELD_MOST];
	int held_count;
	int life;
	bool verbose;
	uint64_t kill_at; /* in every world; 0: by chance */
	bool power;       /* is what a kill at a call is */
	bool killed;
	bool idle; /* at the end of the last turn */
};

extern struct world world;

struct total {
	uint64_t actions, worlds, acked, refused, failed, kills, cuts, restarts,
	    again, faults, copied;
};

extern struct total total;

#define CHECK(what, ...)                                                       \
	do {                                                                   \
		if (!(what)) {                                                 \
			printf("seed %" PRIu64 " action %" PRIu64 ": ",        \
			    world.seed, world.action);                         \
			printf(__VA_ARGS__);                                   \
			printf(" [%s]\n", #what);                              \
			fflush(stdout);                                        \
			abort();                                               \
		}                                                              \
	} while (0)

#define SAY(...)                                                               \
	do {                                                                   \
		if (world.verbose) {                                           \
			printf("%" PRIu64 ": ", world.action);                 \
			printf(__VA_ARGS__);                                   \
			putchar('\n');                                         \
		}                                                              \
	} while (0)

/* The world's own random number. */
uint64_t model_roll(uint64_t below);

/* A millisecond later at every call. */
struct instant model_now(void);

/* The one right text of an event; its length. */
int model_line(char *to, int entry, int event);

/* What producers were told. */
void model_empty_box(void);

/* After a turn that left nothing: what was told and is durable now. */
void model_note_idle(void);

/* A record came: every line is one we made, and may come now. */
void model_check_given(struct record *record, struct held *held);

/* The process is gone, and what was not durable is in doubt. */
void model_note_crash(uint64_t failures);

/* All was taken and settled: nothing is lost, and the counts are 0. */
void model_check_drained(const struct journal *j);

#endif
