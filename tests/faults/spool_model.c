/*
 * Random actions against the spool's log and a small model of what it must
 * hold:
 *
 *	spool_model [SEED [ACTIONS [verbose]]]
 *	spool_model SEED ACTIONS every		the same world of so many
 *		actions again and again, killed before its first call that
 *		changes something on disk, before its second, ... each
 *
 * The model knows of each event whether it was acknowledged, is with the
 * pump, was settled, and whether that is durable.  It holds the log to this:
 * nothing acknowledged is lost, nothing is invented, nothing comes twice in
 * one life, nothing durably settled comes again, a record comes whole or not
 * at all, and the files never exceed max_bytes.
 *
 * A world runs until its disk is drained and found empty; then the next seed
 * begins one.  A failure prints the seed that shows it again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/spool/committer.h"
#include "gateway/journal/record_ref.h"
#include "gateway/journal/segment.h"
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
	struct completion ticket;
	enum state state;
	bool has_ticket;
	bool twice; /* written again after a failed commit, then a crash */
	int table, events, life;
	struct event event[EVENTS_MOST];
};

struct held {
	struct record *record;
	int entry, first;
};

static struct {
	uint64_t seed, random, action;
	struct sim *sim;
	struct tables *tables;
	struct table *table[TABLES];
	struct committer *committer;
	struct completion_box box;
	int bell;
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
} w;

static struct {
	uint64_t actions, worlds, acked, refused, failed, kills, cuts, restarts,
	    again, faults, copied;
} total;

static uint64_t
roll(uint64_t below)
{
	uint64_t z = (w.random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

#define CHECK(what, ...)                                                       \
	do {                                                                   \
		if (!(what)) {                                                 \
			printf("seed %" PRIu64 " action %" PRIu64 ": ",        \
			    w.seed, w.action);                                 \
			printf(__VA_ARGS__);                                   \
			printf(" [%s]\n", #what);                              \
			fflush(stdout);                                        \
			abort();                                               \
		}                                                              \
	} while (0)

#define SAY(...)                                                               \
	do {                                                                   \
		if (w.verbose) {                                               \
			printf("%" PRIu64 ": ", w.action);                     \
			printf(__VA_ARGS__);                                   \
			putchar('\n');                                         \
		}                                                              \
	} while (0)

static struct instant
now(void)
{
	w.now_ns += NS_PER_MS;
	return (struct instant){ w.now_ns };
}

/* The one right text of an event. */
static int
line_of(char *to, int entry, int event)
{
	int len = sprintf(to, "{\"r\":%d,\"e\":%d,\"p\":\"", entry, event);
	int fill = (entry * 7 + event * 13) % 97 * (entry % 5 == 0 ? 4 : 1);

	memset(to + len, 'a' + (entry + event) % 26, (size_t)fill);
	len += fill;
	return len + sprintf(to + len, "\"}\n");
}

static void
start(void)
{
	struct committer_options options = {
		.journal = {
			.disk = sim_disk(w.sim),
			.tables = w.tables,
			.max_bytes = SEGMENTS * SEGMENT,
			.segment_bytes = SEGMENT,
			.largest_bytes = LARGEST,
			.resident_bytes = 6000,
			.seed = roll(UINT64_MAX),
			.now = now(),
			.wall_ms = 1000,
		},
		.pending_bytes = 20000,
		.by_hand = true,
		.visible_fd = w.bell,
	};
	struct err err = { 0 };

	CHECK(committer_start(&w.committer, &options, &err), "start: %s",
	    err.text);
	w.life++;
}

static void
empty_box(void)
{
	struct completion *ticket = completion_box_take(&w.box), *next;

	for (; ticket != NULL; ticket = next) {
		struct entry *e = (struct entry *)ticket;

		next = ticket->next;
		CHECK(e->state == SENT && e->has_ticket, "ticket twice");
		switch (ticket->result) {
		case COMPLETION_DURABLE:
			e->state = ACKED;
			total.acked++;
			break;
		case COMPLETION_FAILED:
			e->state = UNKNOWN;
			total.failed++;
			break;
		case COMPLETION_REFUSED:
			e->state = REFUSED;
			total.refused++;
			break;
		default:
			CHECK(false, "ticket result %d", ticket->result);
		}
		SAY("entry %d: ticket %d", (int)(e - w.entries),
		    ticket->result);
	}
}

/* What was told and is durable now. */
static void
note_idle(void)
{
	for (int i = 0; i < w.entry_count; i++) {
		struct entry *e = &w.entries[i];

		if (e->state == SENT && !e->has_ticket) {
			e->state = ACKED;
			total.acked++;
		}
		for (int k = 0; k < e->events; k++)
			e->event[k].settled |= e->event[k].told;
	}
}

static void
step(void)
{
	w.idle = committer_turn(w.committer).idle;
	empty_box();
	if (w.idle)
		note_idle();
	CHECK(sim_bytes_most(w.sim) <= SEGMENTS * SEGMENT, "%" PRIu64 " bytes",
	    sim_bytes_most(w.sim));
}

/* As a worker does, who would only wait for the disk. */
static void
help(void)
{
	committer_help(w.committer);
	empty_box();
}

static void
append(void)
{
	int number = w.entry_count, table = (int)roll(TABLES);
	struct entry *e = &w.entries[number];
	char text[EVENTS_MOST * 500];
	int len = 0;
	bool ring = false; /* by hand: nobody sleeps */
	struct record *record;

	if (number == ENTRIES_MOST)
		return;
	*e = (struct entry){ .table = table,
		.life = w.life,
		.events = 1 + (int)roll(EVENTS_MOST),
		.has_ticket = roll(10) < 7 };
	for (int i = 0; i < e->events; i++)
		len += line_of(text + len, number, i);
	record = record_new((uint32_t)len);
	memcpy(record->lines, text, (size_t)len);
	record->bytes = (uint32_t)len;
	record->events = (uint32_t)e->events;
	record->accepted = now();
	record->accepted_ms = 1000 + w.now_ns / NS_PER_MS;
	record->earliest_ms = number;
	record->table = w.table[table];
	table_hold(record->table);
	if (roll(8) == 0)
		record->producer = strdup("somebody");
	e->ticket.box = &w.box;
	e->ticket.wish = COMPLETION_WISH_DURABLE;
	if (e->has_ticket)
		record->ticket = &e->ticket;
	if (!committer_put(w.committer, record, &ring)) {
		record_free(record, now());
		return;
	}
	SAY("entry %d: %d events, table %d, %s", number, e->events, table,
	    e->has_ticket ? "durable" : "received");
	w.entry_count++;
}

/* Every line is one we made, and may come now. */
static void
check_given(struct record *record, struct held *held)
{
	const char *at = record->lines, *end = at + record->bytes;
	char want[600], head[48];

	held->record = record;
	held->entry = -1;
	for (uint32_t i = 0; i < record->events; i++) {
		int number = -1, k = -1, len;
		struct entry *e;
		struct event *ev;

		snprintf(head, sizeof head, "%.*s", (int)(end - at), at);
		CHECK(sscanf(head, "{\"r\":%d,\"e\":%d,", &number, &k) == 2 &&
			  number >= 0 && number < w.entry_count,
		    "invented: %.40s", at);
		e = &w.entries[number];
		CHECK(k < e->events, "event %d of %d", k, number);
		len = line_of(want, number, k);
		CHECK(at + len <= end && memcmp(at, want, (size_t)len) == 0,
		    "bytes of %d/%d", number, k);
		CHECK(
		    record->table == w.table[e->table], "table of %d", number);
		at += len;
		if (held->entry == -1) {
			held->entry = number;
			held->first = k;
		}
		CHECK(number == held->entry && k == held->first + (int)i &&
			  k == (int)record->first_event + (int)i,
		    "order in %d", number);
		ev = &e->event[k];
		SAY("given %d/%d, from %d:%u", number, k,
		    (int)(record->place->segment->epoch >> 32),
		    record->place->ordinal);
		if (e->twice && (ev->held || ev->settled || ev->told)) {
			total.again++;
			continue;
		}
		CHECK(!ev->held, "%d/%d comes twice", number, k);
		CHECK(
		    !ev->settled && !ev->told, "%d/%d was settled", number, k);
		CHECK(e->state == ACKED ||
			  (e->state == SENT && !e->has_ticket) ||
			  (e->state == UNKNOWN && e->life < w.life),
		    "%d/%d comes in state %d", number, k, e->state);
		if (e->state == UNKNOWN)
			e->state = ACKED;
		total.again += ev->maybe;
		ev->held = true;
		ev->maybe = false;
	}
	CHECK(at == end, "bytes behind the last event");
}

static int
take(void)
{
	struct record *record, *next;
	int count = 0;
	uint64_t rings;

	(void)!read(w.bell, &rings, sizeof rings);
	for (record = committer_visible(w.committer); record != NULL;
	     record = next) {
		next = record->next;
		CHECK(w.held_count < HELD_MOST, "too many");
		check_given(record, &w.held[w.held_count++]);
		count++;
	}
	return count;
}

static void
ack_part(void)
{
	struct held *h;
	struct entry *e;
	int from, count = 0;

	if (w.held_count == 0)
		return;
	h = &w.held[roll((uint64_t)w.held_count)];
	e = &w.entries[h->entry];
	from = (int)roll(h->record->events);
	while (from + count < (int)h->record->events &&
	       !e->event[h->first + from + count].told && count < 3) {
		e->event[h->first + from + count].told = true;
		count++;
	}
	SAY("part of %d: %d from %d", h->entry, count, h->first + from);
	if (count > 0)
		committer_part(w.committer, h->record,
		    (struct frame_range){ (uint32_t)from, (uint32_t)count });
}

static void
end(int number, bool leave)
{
	struct held *h = &w.held[number];
	struct entry *e = &w.entries[h->entry];

	SAY("%s %d from %d", leave ? "leave" : "end", h->entry, h->first);
	for (uint32_t i = 0; i < h->record->events; i++) {
		struct event *ev = &e->event[h->first + (int)i];

		ev->held = false;
		ev->told |= !leave;
	}
	h->record->leaving = leave;
	committer_end(w.committer, h->record, now());
	*h = w.held[--w.held_count];
}

static void
crash(bool power, bool clean)
{
	uint64_t failures = committer_journal(w.committer)->counts.failures;

	total.copied += committer_journal(w.committer)->counts.copied_records;
	SAY("%s", clean ? "restart" : power ? "power cut" : "kill");
	if (clean) {
		for (int i = 0; i < 50; i++) {
			step();
			while (committer_run_job(w.committer))
				;
		}
	} else {
		sim_kill(w.sim);
	}
	while (w.held_count > 0) {
		struct record *record = w.held[--w.held_count].record;

		record->leaving = true;
		committer_end(w.committer, record, now());
	}
	for (int i = 0; i < w.entry_count; i++) {
		struct entry *e = &w.entries[i];

		if (e->state == SENT) {
			e->state = UNKNOWN;
			e->twice = !e->has_ticket && failures > 0;
		}
		for (int k = 0; k < e->events; k++) {
			struct event *ev = &e->event[k];

			ev->maybe |= ev->told && !ev->settled;
			ev->held = ev->told = false;
		}
	}
	committer_stop(&w.committer);
	(void)completion_box_take(&w.box); /* nobody is there to be told */
	sim_start(w.sim, power);
	start();
	total.cuts += power;
	total.kills += !power && !clean;
	total.restarts += clean;
}

static void
fault(void)
{
	static const int errors[] = { 5, 28, 30, 122 }; /* EIO ENOSPC EROFS
							   EDQUOT */
	struct sim_fault f = {
		.call = (enum sim_call)roll(SIM_CALLS),
		.at = 1 + roll(6),
		.error = errors[roll(4)],
		.for_ever = roll(3) == 0,
	};

	SAY("fault %d at %d", f.call, (int)f.at);
	sim_set_fault(w.sim, f);
	total.faults++;
}

static void
quiesce(void)
{
	int quiet = 0;

	sim_set_fault(w.sim, (struct sim_fault){ 0 });
	sim_set_room(w.sim, 0);
	for (int i = 0; i < 3000 && quiet < 3; i++) {
		step();
		quiet = committer_run_job(w.committer) ? 0 : quiet + 1;
	}
	CHECK(quiet == 3, "jobs without end");
}

static void
drain(void)
{
	const struct journal *j;

	if (sim_is_dead(w.sim))
		crash(w.power, false);
	j = committer_journal(w.committer);
	sim_kill_at(w.sim, 0);
	SAY("drain");
	for (int i = 0; i < TABLES; i++)
		committer_want(w.committer, w.table[i], UINT64_MAX);
	quiesce();
	for (int i = 0; i < 20000; i++) {
		if (take() == 0 && w.held_count == 0)
			break;
		while (w.held_count > 0)
			end(w.held_count - 1, false);
		quiesce();
	}
	CHECK(w.held_count == 0, "no end to it");
	CHECK(w.idle, "not idle");
	for (int i = 0; i < w.entry_count; i++) {
		struct entry *e = &w.entries[i];

		if (e->state == UNKNOWN && e->life < w.life)
			e->state = GONE;
		if (e->state != ACKED)
			continue;
		for (int k = 0; k < e->events; k++) {
			CHECK(e->event[k].settled || e->event[k].maybe,
			    "%d/%d is lost", i, k);
			e->event[k].settled = true;
			e->event[k].maybe = false;
		}
	}
	for (int i = 0; i < TABLES; i++) {
		struct table_index *s = &j->shelves[w.table[i]->index];

		CHECK(s->records == 0 && s->events == 0 && s->bytes == 0 &&
			  s->unread == 0 && s->resident == 0,
		    "counts of table %d: %d records, %d events", i,
		    (int)s->records, (int)s->events);
	}
	CHECK(j->reserved == 0 && j->resident == 0, "reserved %" PRIu64,
	    (uint64_t)j->reserved);
	CHECK(w.committer != NULL, "-");
}

static void
act(void)
{
	uint64_t what = roll(w.kill_at > 0 ? 970 : 1000);

	w.action++;
	total.actions++;
	if (sim_is_dead(w.sim)) {
		crash(w.power, false);
		return;
	}
	if (what < 330)
		append();
	else if (what < 450)
		step();
	else if (what < 520)
		help();
	else if (what < 700)
		(void)committer_run_job(w.committer);
	else if (what < 780)
		take();
	else if (what < 850)
		ack_part();
	else if (what < 960 && w.held_count > 0)
		end((int)roll((uint64_t)w.held_count), roll(12) == 0);
	else if (what < 970)
		committer_want(w.committer, w.table[roll(TABLES)],
		    roll(2) == 0 ? UINT64_MAX : roll(2) * 3000);
	else if (what < 974)
		fault();
	else if (what < 978)
		sim_set_fault(w.sim, (struct sim_fault){ 0 });
	else if (what < 980)
		sim_set_room(
		    w.sim, roll(2) == 0 ? 0 : SEGMENT * (1 + roll(SEGMENTS)));
	else if (what < 981)
		sim_kill_at(w.sim, 1 + roll(30));
	else if (what < 984)
		crash(roll(2) == 0, roll(4) == 0);
	else if (what < 985)
		drain();
}

static void
world(uint64_t seed, uint64_t actions)
{
	struct tables_options options = { .max_unconfigured = TABLES };
	struct err err = { 0 };
	char name[16];

	w.seed = w.random = seed;
	w.action = 0;
	w.entry_count = w.held_count = w.life = 0;
	w.now_ns = NS_PER_S;
	w.sim = sim_open(seed ^ 77);
	CHECK(tables_open(&w.tables, &options, &err), "%s", err.text);
	for (int i = 0; i < TABLES; i++) {
		snprintf(name, sizeof name, "t%d", i);
		tables_find(w.tables, span_of(name), now(), &w.table[i]);
	}
	start();
	sim_kill_at(w.sim, w.kill_at);
	for (uint64_t i = 0; i < actions; i++)
		act();
	w.killed = sim_is_dead(w.sim) || w.life > 1;
	drain();
	crash(roll(2) == 0, false);
	drain();
	total.copied += committer_journal(w.committer)->counts.copied_records;
	committer_stop(&w.committer);
	for (int i = 0; i < TABLES; i++)
		table_release(w.table[i], now());
	tables_close(&w.tables);
	sim_free(w.sim);
	total.worlds++;
}

/* Fewer things go wrong in these worlds: only the kill does. */
static void
every_call(uint64_t seed, uint64_t actions)
{
	uint64_t calls = 0;

	do {
		w.kill_at = ++calls;
		for (int power = 0; power < 2; power++) {
			w.power = power == 1;
			world(seed, actions);
		}
	} while (w.killed);
	printf("killed before each of %" PRIu64 " calls, twice\n", calls - 1);
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t actions = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;
	struct err err = { 0 };

	w.verbose = argc > 3 && strcmp(argv[3], "verbose") == 0;
	w.bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w.entries = calloc(ENTRIES_MOST, sizeof *w.entries);
	if (w.bell == -1 || w.entries == NULL ||
	    !completion_box_init(&w.box, &err))
		return 70;
	if (argc > 3 && strcmp(argv[3], "every") == 0)
		every_call(seed, actions);
	while (total.actions < actions)
		world(seed++, actions < 4000 ? actions : 4000);
	printf("%" PRIu64 " actions in %" PRIu64 " worlds (seeds to %" PRIu64
	       "): %" PRIu64 " acked, %" PRIu64 " refused, %" PRIu64
	       " failed; %" PRIu64 " kills, %" PRIu64 " power cuts, %" PRIu64
	       " restarts, %" PRIu64 " faults; %" PRIu64
	       " events again, %" PRIu64 " copied; 0 lost, 0 invented\n",
	    total.actions, total.worlds, seed - 1, total.acked, total.refused,
	    total.failed, total.kills, total.cuts, total.restarts, total.faults,
	    total.again, total.copied);
	completion_box_fini(&w.box);
	free(w.entries);
	close(w.bell);
	return 0;
}
