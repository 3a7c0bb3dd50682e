#include "tests/sim/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/moment.h"

#define ROOM_FIRST 256 /* a power of two */

static void
free_tables(struct ledger *l)
{
	for (size_t i = 0; i < l->table_room; i++)
		free(l->tables[i]);
	free(l->tables);
}

void
ledger_fini(struct ledger *l)
{
	free_tables(l);
	*l = (struct ledger){ 0 };
}

void
ledger_reset(struct ledger *l)
{
	uint64_t open = l->open_connections;
	uint64_t calls = l->calls_flying.now, tokens = l->tokens_flying.now;

	free_tables(l);
	memset(l, 0, sizeof *l);
	l->open_connections = open;
	l->calls_flying = (struct ledger_flight){ calls, calls };
	l->tokens_flying = (struct ledger_flight){ tokens, tokens };
}

/* FNV-1a: short names, and nobody to defend against. */
static size_t
hash_of(const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static struct ledger_table **
slot_of(struct ledger_table **tables, size_t room, const char *name)
{
	size_t i = hash_of(name);

	while (tables[i & (room - 1)] != NULL &&
	       strcmp(tables[i & (room - 1)]->name, name) != 0)
		i++;
	return &tables[i & (room - 1)];
}

static bool
grow(struct ledger *l)
{
	size_t room = l->table_room > 0 ? 2 * l->table_room : ROOM_FIRST;
	struct ledger_table **tables = calloc(room, sizeof *tables);

	if (tables == NULL)
		return false;
	for (size_t i = 0; i < l->table_room; i++)
		if (l->tables[i] != NULL)
			*slot_of(tables, room, l->tables[i]->name) =
			    l->tables[i];
	free(l->tables);
	l->tables = tables;
	l->table_room = room;
	return true;
}

struct ledger_table *
ledger_table(struct ledger *l, const char *name)
{
	struct ledger_table **slot;

	if (2 * (l->table_count + 1) > l->table_room && !grow(l))
		return NULL;
	slot = slot_of(l->tables, l->table_room, name);
	if (*slot != NULL || l->table_count == LEDGER_TABLES_MAX)
		return *slot;
	*slot = calloc(1, sizeof **slot);
	if (*slot == NULL)
		return NULL;
	strncpy((*slot)->name, name, LEDGER_NAME_BYTES - 1);
	l->table_count++;
	return *slot;
}

static struct ledger_minute *
this_minute(struct ledger *l)
{
	return &l->minutes[(l->minute_count - 1) % LEDGER_MINUTES_MAX];
}

void
ledger_call(struct ledger *l, int64_t wall_ms, int64_t mono_ms)
{
	int64_t minute = wall_ms / MS_PER_MINUTE;

	if (l->minute_count == 0 || this_minute(l)->minute != minute) {
		l->minute_count++;
		*this_minute(l) = (struct ledger_minute){ .minute = minute };
	}
	this_minute(l)->calls++;
	l->calls++;
	meter_count(&l->calls_meter, METER_MINUTE, mono_ms, 1);
}

void
ledger_limited(struct ledger *l)
{
	this_minute(l)->limited++;
}

void
ledger_body(
    struct ledger *l, uint64_t wire_bytes, uint64_t bytes, int64_t mono_ms)
{
	l->wire_bytes += wire_bytes;
	meter_count(&l->bytes_meter, METER_SECOND, mono_ms, bytes);
}

static void
keep_most(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

void
ledger_take(struct ledger *l, struct ledger_table *t, uint64_t events,
    uint64_t bytes, uint64_t digest)
{
	l->taken_calls++;
	l->events += events;
	l->bytes += bytes;
	l->digest += digest;
	keep_most(&l->most_events, events);
	keep_most(&l->most_bytes, bytes);
	t->taken_calls++;
	t->events += events;
	t->bytes += bytes;
	t->digest += digest;
	keep_most(&t->most_events, events);
}

void
ledger_takes_off(struct ledger_flight *f)
{
	f->now++;
	keep_most(&f->most, f->now);
}

void
ledger_lands(struct ledger_flight *f)
{
	f->now--;
}
