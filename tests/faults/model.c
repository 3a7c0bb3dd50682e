#include "tests/faults/model.h"

#include <string.h>

#include "gateway/journal/record_ref.h"
#include "gateway/journal/segment.h"

struct world world;
struct total total;

uint64_t
model_roll(uint64_t below)
{
	uint64_t z = (world.random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

struct instant
model_now(void)
{
	world.now_ns += NS_PER_MS;
	return (struct instant){ world.now_ns };
}

/* The one right text of an event. */
int
model_line(char *to, int entry, int event)
{
	int len = sprintf(to, "{\"r\":%d,\"e\":%d,\"p\":\"", entry, event);
	int fill = (entry * 7 + event * 13) % 97 * (entry % 5 == 0 ? 4 : 1);

	memset(to + len, 'a' + (entry + event) % 26, (size_t)fill);
	len += fill;
	return len + sprintf(to + len, "\"}\n");
}

void
model_empty_box(void)
{
	struct completion *completion = completion_box_take(&world.box), *next;

	for (; completion != NULL; completion = next) {
		struct entry *e = (struct entry *)completion;

		next = completion->next;
		CHECK(
		    e->state == SENT && e->has_completion, "completion twice");
		switch (completion->result) {
		case COMPLETION_DURABLE:
			e->state = ACKED;
			total.acked++;
			break;
		case COMPLETION_DISK_FAILED:
			e->state = UNKNOWN;
			total.failed++;
			break;
		case COMPLETION_SPOOL_FULL:
			e->state = REFUSED;
			total.refused++;
			break;
		default:
			CHECK(
			    false, "completion result %d", completion->result);
		}
		SAY("entry %d: completion %d", (int)(e - world.entries),
		    completion->result);
	}
}

/* What was told and is durable now. */
void
model_note_idle(void)
{
	for (int i = 0; i < world.entry_count; i++) {
		struct entry *e = &world.entries[i];

		if (e->state == SENT && !e->has_completion) {
			e->state = ACKED;
			total.acked++;
		}
		for (int k = 0; k < e->events; k++)
			e->event[k].settled |= e->event[k].told;
	}
}

/* Every line is one we made, and may come now. */
void
model_check_given(struct record *record, struct held *held)
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
			  number >= 0 && number < world.entry_count,
		    "invented: %.40s", at);
		e = &world.entries[number];
		CHECK(k < e->events, "event %d of %d", k, number);
		len = model_line(want, number, k);
		CHECK(at + len <= end && memcmp(at, want, (size_t)len) == 0,
		    "bytes of %d/%d", number, k);
		CHECK(record->table == world.table[e->table], "table of %d",
		    number);
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
		    (int)(record->ref->segment->epoch >> 32),
		    record->ref->ordinal);
		if (e->twice && (ev->held || ev->settled || ev->told)) {
			total.again++;
			continue;
		}
		CHECK(!ev->held, "%d/%d comes twice", number, k);
		CHECK(
		    !ev->settled && !ev->told, "%d/%d was settled", number, k);
		CHECK(e->state == ACKED ||
			  (e->state == SENT && !e->has_completion) ||
			  (e->state == UNKNOWN && e->life < world.life),
		    "%d/%d comes in state %d", number, k, e->state);
		if (e->state == UNKNOWN)
			e->state = ACKED;
		total.again += ev->maybe;
		ev->held = true;
		ev->maybe = false;
	}
	CHECK(at == end, "bytes behind the last event");
}

void
model_note_crash(uint64_t failures)
{
	for (int i = 0; i < world.entry_count; i++) {
		struct entry *e = &world.entries[i];

		if (e->state == SENT) {
			e->state = UNKNOWN;
			e->twice = !e->has_completion && failures > 0;
		}
		for (int k = 0; k < e->events; k++) {
			struct event *ev = &e->event[k];

			ev->maybe |= ev->told && !ev->settled;
			ev->held = ev->told = false;
		}
	}
}

void
model_check_drained(const struct journal *j)
{
	CHECK(world.held_count == 0, "no end to it");
	CHECK(world.idle, "not idle");
	for (int i = 0; i < world.entry_count; i++) {
		struct entry *e = &world.entries[i];

		if (e->state == UNKNOWN && e->life < world.life)
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
		struct table_index *s = &j->indexes[world.table[i]->index];

		CHECK(s->records == 0 && s->events == 0 && s->bytes == 0 &&
			  s->on_disk == 0 && s->resident == 0,
		    "counts of table %d: %d records, %d events", i,
		    (int)s->records, (int)s->events);
	}
	CHECK(j->reserved == 0 && j->resident == 0, "reserved %" PRIu64,
	    (uint64_t)j->reserved);
}
