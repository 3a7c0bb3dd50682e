/*
 * Random actions against the spool's log and a small model of what it must
 * hold:
 *
 *	spool_model [SEED [ACTIONS [verbose]]]
 *	spool_model SEED ACTIONS every		the same world of so many
 *		actions again and again, killed before its first call that
 *		changes something on disk, before its second, ... each
 *
 * What the log is held to, see model.h; besides, the files never exceed
 * max_bytes.
 *
 * A world runs until its disk is drained and found empty; then the next seed
 * begins one.  A failure prints the seed that shows it again.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/faults/model.h"

static void
start(void)
{
	struct committer_options options = {
		.journal = {
			.io = sim_disk(world.sim),
			.tables = world.tables,
			.max_bytes = SEGMENTS * SEGMENT,
			.segment_bytes = SEGMENT,
			.largest_bytes = LARGEST,
			.resident_bytes = 6000,
			.seed = model_roll(UINT64_MAX),
			.now = model_now(),
			.wall_ms = 1000,
		},
		.pending_bytes = 20000,
		.by_hand = true,
		.visible_fd = world.wakeup_fd,
	};
	struct err err = { 0 };

	CHECK(committer_start(&world.committer, &options, &err), "start: %s",
	    err.text);
	world.life++;
}

static void
step(void)
{
	world.idle = committer_cycle(world.committer).idle;
	model_empty_box();
	if (world.idle)
		model_note_idle();
	CHECK(sim_bytes_most(world.sim) <= SEGMENTS * SEGMENT,
	    "%" PRIu64 " bytes", sim_bytes_most(world.sim));
}

/* As a worker does, who would only wait for the disk. */
static void
help(void)
{
	committer_help(world.committer);
	model_empty_box();
}

static void
append(void)
{
	int number = world.entry_count, table = (int)model_roll(TABLES);
	struct entry *e = &world.entries[number];
	char text[EVENTS_MOST * 500];
	int len = 0;
	bool ring = false; /* by hand: nobody sleeps */
	struct record *record;

	if (number == ENTRIES_MOST)
		return;
	*e = (struct entry){ .table = table,
		.life = world.life,
		.events = 1 + (int)model_roll(EVENTS_MOST),
		.has_completion = model_roll(10) < 7 };
	for (int i = 0; i < e->events; i++)
		len += model_line(text + len, number, i);
	record = record_new((uint32_t)len);
	memcpy(record->lines, text, (size_t)len);
	record->bytes = (uint32_t)len;
	record->events = (uint32_t)e->events;
	record->accepted = model_now();
	record->accepted_ms = 1000 + world.now_ns / NS_PER_MS;
	record->earliest_ms = number;
	record->table = world.table[table];
	table_hold(record->table);
	if (model_roll(8) == 0)
		record->producer = strdup("somebody");
	e->completion.box = &world.box;
	e->completion.until = COMPLETION_UNTIL_DURABLE;
	if (e->has_completion)
		record->completion = &e->completion;
	if (!committer_put(world.committer, record, &ring)) {
		record_free(record, model_now());
		return;
	}
	SAY("entry %d: %d events, table %d, %s", number, e->events, table,
	    e->has_completion ? "durable" : "received");
	world.entry_count++;
}

static int
take(void)
{
	struct record *record, *next;
	int count = 0;
	uint64_t rings;

	(void)!read(world.wakeup_fd, &rings, sizeof rings);
	for (record = committer_visible(world.committer); record != NULL;
	     record = next) {
		next = record->next;
		CHECK(world.held_count < HELD_MOST, "too many");
		model_check_given(record, &world.held[world.held_count++]);
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

	if (world.held_count == 0)
		return;
	h = &world.held[model_roll((uint64_t)world.held_count)];
	e = &world.entries[h->entry];
	from = (int)model_roll(h->record->events);
	while (from + count < (int)h->record->events &&
	       !e->event[h->first + from + count].told && count < 3) {
		e->event[h->first + from + count].told = true;
		count++;
	}
	SAY("part of %d: %d from %d", h->entry, count, h->first + from);
	if (count > 0)
		committer_part(world.committer, h->record,
		    (struct frame_range){ (uint32_t)from, (uint32_t)count });
}

static void
end(int number, bool leave)
{
	struct held *h = &world.held[number];
	struct entry *e = &world.entries[h->entry];

	SAY("%s %d from %d", leave ? "leave" : "end", h->entry, h->first);
	for (uint32_t i = 0; i < h->record->events; i++) {
		struct event *ev = &e->event[h->first + (int)i];

		ev->held = false;
		ev->told |= !leave;
	}
	h->record->abandoned = leave;
	committer_end(world.committer, h->record, model_now());
	*h = world.held[--world.held_count];
}

static void
crash(bool power, bool clean)
{
	uint64_t failures = committer_journal(world.committer)->counts.failures;

	total.copied +=
	    committer_journal(world.committer)->counts.copied_records;
	SAY("%s", clean ? "restart" : power ? "power cut" : "kill");
	if (clean) {
		for (int i = 0; i < 50; i++) {
			step();
			while (committer_run_job(world.committer))
				;
		}
	} else {
		sim_kill(world.sim);
	}
	while (world.held_count > 0) {
		struct record *record = world.held[--world.held_count].record;

		record->abandoned = true;
		committer_end(world.committer, record, model_now());
	}
	model_note_crash(failures);
	committer_stop(&world.committer);
	(void)completion_box_take(&world.box); /* nobody is there to be told */
	sim_start(world.sim, power);
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
		.call = (enum sim_call)model_roll(SIM_CALLS),
		.at = 1 + model_roll(6),
		.error = errors[model_roll(4)],
		.for_ever = model_roll(3) == 0,
	};

	SAY("fault %d at %d", f.call, (int)f.at);
	sim_set_fault(world.sim, f);
	total.faults++;
}

static void
quiesce(void)
{
	int quiet = 0;

	sim_set_fault(world.sim, (struct sim_fault){ 0 });
	sim_set_room(world.sim, 0);
	for (int i = 0; i < 3000 && quiet < 3; i++) {
		step();
		quiet = committer_run_job(world.committer) ? 0 : quiet + 1;
	}
	CHECK(quiet == 3, "jobs without end");
}

static void
drain(void)
{
	if (sim_is_dead(world.sim))
		crash(world.power, false);
	sim_kill_at(world.sim, 0);
	SAY("drain");
	for (int i = 0; i < TABLES; i++)
		committer_want(world.committer, world.table[i], UINT64_MAX);
	quiesce();
	for (int i = 0; i < 20000; i++) {
		if (take() == 0 && world.held_count == 0)
			break;
		while (world.held_count > 0)
			end(world.held_count - 1, false);
		quiesce();
	}
	model_check_drained(committer_journal(world.committer));
}

static void
act(void)
{
	uint64_t what = model_roll(world.kill_at > 0 ? 970 : 1000);

	world.action++;
	total.actions++;
	if (sim_is_dead(world.sim)) {
		crash(world.power, false);
		return;
	}
	if (what < 330)
		append();
	else if (what < 450)
		step();
	else if (what < 520)
		help();
	else if (what < 700)
		(void)committer_run_job(world.committer);
	else if (what < 780)
		take();
	else if (what < 850)
		ack_part();
	else if (what < 960 && world.held_count > 0)
		end((int)model_roll((uint64_t)world.held_count),
		    model_roll(12) == 0);
	else if (what < 970)
		committer_want(world.committer, world.table[model_roll(TABLES)],
		    model_roll(2) == 0 ? UINT64_MAX : model_roll(2) * 3000);
	else if (what < 974)
		fault();
	else if (what < 978)
		sim_set_fault(world.sim, (struct sim_fault){ 0 });
	else if (what < 980)
		sim_set_room(world.sim,
		    model_roll(2) == 0 ? 0
				       : SEGMENT * (1 + model_roll(SEGMENTS)));
	else if (what < 981)
		sim_kill_at(world.sim, 1 + model_roll(30));
	else if (what < 984)
		crash(model_roll(2) == 0, model_roll(4) == 0);
	else if (what < 985)
		drain();
}

static void
run_world(uint64_t seed, uint64_t actions)
{
	struct tables_options options = { .max_unconfigured = TABLES };
	struct err err = { 0 };
	char name[16];

	world.seed = world.random = seed;
	world.action = 0;
	world.entry_count = world.held_count = world.life = 0;
	world.now_ns = NS_PER_S;
	world.sim = sim_open(seed ^ 77);
	CHECK(tables_open(&world.tables, &options, &err), "%s", err.text);
	for (int i = 0; i < TABLES; i++) {
		snprintf(name, sizeof name, "t%d", i);
		tables_find(
		    world.tables, span_of(name), model_now(), &world.table[i]);
	}
	start();
	sim_kill_at(world.sim, world.kill_at);
	for (uint64_t i = 0; i < actions; i++)
		act();
	world.killed = sim_is_dead(world.sim) || world.life > 1;
	drain();
	crash(model_roll(2) == 0, false);
	drain();
	total.copied +=
	    committer_journal(world.committer)->counts.copied_records;
	committer_stop(&world.committer);
	for (int i = 0; i < TABLES; i++)
		table_release(world.table[i], model_now());
	tables_close(&world.tables);
	sim_free(world.sim);
	total.worlds++;
}

/* Fewer things go wrong in these worlds: only the kill does. */
static void
every_call(uint64_t seed, uint64_t actions)
{
	uint64_t calls = 0;

	do {
		world.kill_at = ++calls;
		for (int power = 0; power < 2; power++) {
			world.power = power == 1;
			run_world(seed, actions);
		}
	} while (world.killed);
	printf("killed before each of %" PRIu64 " calls, twice\n", calls - 1);
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t actions = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;
	struct err err = { 0 };

	world.verbose = argc > 3 && strcmp(argv[3], "verbose") == 0;
	world.wakeup_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	world.entries = calloc(ENTRIES_MOST, sizeof *world.entries);
	if (world.wakeup_fd == -1 || world.entries == NULL ||
	    !completion_box_init(&world.box, &err))
		return 70;
	if (argc > 3 && strcmp(argv[3], "every") == 0)
		every_call(seed, actions);
	while (total.actions < actions)
		run_world(seed++, actions < 4000 ? actions : 4000);
	printf("%" PRIu64 " actions in %" PRIu64 " worlds (seeds to %" PRIu64
	       "): %" PRIu64 " acked, %" PRIu64 " refused, %" PRIu64
	       " failed; %" PRIu64 " kills, %" PRIu64 " power cuts, %" PRIu64
	       " restarts, %" PRIu64 " faults; %" PRIu64
	       " events again, %" PRIu64 " copied; 0 lost, 0 invented\n",
	    total.actions, total.worlds, seed - 1, total.acked, total.refused,
	    total.failed, total.kills, total.cuts, total.restarts, total.faults,
	    total.again, total.copied);
	completion_box_fini(&world.box);
	free(world.entries);
	close(world.wakeup_fd);
	return 0;
}
