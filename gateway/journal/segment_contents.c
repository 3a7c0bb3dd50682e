#include "gateway/journal/segment_contents.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/array.h"

#define INDEX_LEAST 64

/* More records than this do not fit any segment that we write. */
#define RECORDS_MOST (UINT32_C(1) << 28)

void
segment_contents_fini(struct segment_contents *c)
{
	free(c->entries);
	free(c->tables);
	free(c->acks);
	free(c->moves);
	free(c->aborted);
	free(c->damage);
	free(c->aux);
	free(c->index);
	*c = (struct segment_contents){ 0 };
}

static uint32_t
hash_of(struct span name)
{
	uint32_t hash = UINT32_C(2166136261);

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.at[i]) * UINT32_C(16777619);
	return hash;
}

static uint32_t *
slot_of(struct segment_contents *c, struct span name)
{
	uint32_t mask = c->index_room - 1, i = hash_of(name) & mask;

	while (c->index[i] != 0 &&
	       !span_equal(span_of(c->tables[c->index[i] - 1].name), name))
		i = (i + 1) & mask;
	return &c->index[i];
}

static bool
grow_index(struct segment_contents *c)
{
	uint32_t room = c->index_room > 0 ? c->index_room * 2 : INDEX_LEAST;
	uint32_t *index = calloc(room, sizeof *index);

	if (index == NULL)
		return false;
	free(c->index);
	c->index = index;
	c->index_room = room;
	for (uint32_t i = 0; i < c->table_count; i++)
		*slot_of(c, span_of(c->tables[i].name)) = i + 1;
	return true;
}

uint16_t
segment_contents_table_number(struct segment_contents *c, struct span name)
{
	struct segment_contents_table *table;
	uint32_t *slot;

	if (name.len > TABLE_NAME_MAX)
		name.len = TABLE_NAME_MAX; /* we never wrote that */
	if (c->table_count * 2 >= c->index_room && !grow_index(c))
		return SEGMENT_NO_TABLE;
	slot = slot_of(c, name);
	if (*slot != 0)
		return (uint16_t)(*slot - 1);
	if (c->table_count == SEGMENT_NO_TABLE ||
	    !array_reserve(&c->tables, &c->tables_room, c->table_count + 1,
		sizeof *c->tables))
		return SEGMENT_NO_TABLE;
	table = &c->tables[c->table_count++];
	memset(table, 0, sizeof *table);
	memcpy(table->name, name.at, name.len);
	table->accepted_ms = table->earliest_ms = INT64_MAX;
	*slot = c->table_count;
	return (uint16_t)(c->table_count - 1);
}

bool
segment_contents_add_record(struct segment_contents *c, uint32_t ordinal,
    const struct segment_entry *entry)
{
	if (ordinal >= RECORDS_MOST ||
	    !array_reserve(
		&c->entries, &c->entries_room, ordinal + 1, sizeof *c->entries))
		return false;
	if (ordinal >= c->records) {
		memset(&c->entries[c->records], 0,
		    (ordinal + 1 - c->records) * sizeof *c->entries);
		c->records = ordinal + 1;
	}
	c->entries[ordinal] = *entry;
	return true;
}

static bool
add_settled(struct segment_contents *c, const struct frame_ack *s)
{
	if (!array_reserve(
		&c->acks, &c->ack_room, c->ack_count + 1, sizeof *c->acks))
		return false;
	c->acks[c->ack_count++] = *s;
	return true;
}

static bool
add_void(struct segment_contents *c, struct frame_aborted v)
{
	if (!array_reserve(&c->aborted, &c->aborted_room, c->aborted_count + 1,
		sizeof *c->aborted))
		return false;
	c->aborted[c->aborted_count++] = v;
	return true;
}

bool
segment_contents_add_damage(
    struct segment_contents *c, uint64_t at, uint64_t len)
{
	if (!array_reserve(&c->damage, &c->damage_room, c->damage_count + 1,
		sizeof *c->damage))
		return false;
	c->damage[c->damage_count++] =
	    (struct segment_contents_damage){ at, len };
	return true;
}

bool
segment_contents_add_aux(struct segment_contents *c, uint32_t at8)
{
	if (!array_reserve(
		&c->aux, &c->aux_room, c->aux_count + 1, sizeof *c->aux))
		return false;
	c->aux[c->aux_count++] = at8;
	return true;
}

bool
segment_contents_add_parts(struct segment_contents *c, const struct frame *f)
{
	struct frame_ack s = { .epoch = f->epoch, .ordinal = f->ordinal };

	for (uint32_t i = 0; i < f->range_count; i++) {
		s.range = frame_range_get(f->ranges.at + i * FRAME_RANGE);
		if (!add_settled(c, &s))
			return false;
	}
	return true;
}

static bool
add_source(struct segment_contents *c, const struct frame *f)
{
	if (f->source_epoch == 0)
		return true;
	if (!array_reserve(
		&c->moves, &c->moves_room, c->move_count + 1, sizeof *c->moves))
		return false;
	c->moves[c->move_count++] =
	    (struct segment_contents_move){ f->source_epoch, f->source_ordinal,
		    f->ordinal };
	return true;
}

static bool
add_record_frame(struct segment_contents *c, const struct frame *f, uint64_t at)
{
	struct segment_entry entry = {
		.at8 = (uint32_t)(at / FRAME_ALIGN),
		.number = segment_contents_table_number(c, f->table),
		.flags =
		    (uint16_t)(f->producer.len << SEGMENT_ENTRY_PRODUCER |
			       (f->range_count > 0 ? SEGMENT_ENTRY_ACKED : 0)),
		.events = f->events,
		.bytes = (uint32_t)f->body.len,
	};
	struct segment_contents_table *table;

	if (entry.number == SEGMENT_NO_TABLE)
		return false;
	table = &c->tables[entry.number];
	if (f->accepted_ms < table->accepted_ms)
		table->accepted_ms = f->accepted_ms;
	if (f->earliest_ms < table->earliest_ms)
		table->earliest_ms = f->earliest_ms;
	return segment_contents_add_record(c, f->ordinal, &entry) &&
	       segment_contents_add_parts(c, f) && add_source(c, f);
}

bool
segment_contents_add_acks(
    struct segment_contents *c, const struct frame *f, bool durable)
{
	size_t step =
	    f->kind == FRAME_ABORTED ? FRAME_ABORTED_SIZE : FRAME_ACK_SIZE;
	struct frame_ack s;
	const char *at = f->body.at;

	if (f->kind == FRAME_MOVED && !durable)
		return true;
	for (size_t i = 0; i < f->body.len / step; i++, at += step) {
		if (f->kind == FRAME_ABORTED) {
			if (!add_void(c, frame_aborted_get(at)))
				return false;
			continue;
		}
		s = frame_ack_get(at);
		if (!add_settled(c, &s))
			return false;
	}
	return true;
}

bool
segment_contents_add_frame(
    struct segment_contents *c, const struct frame *f, uint64_t at)
{
	switch (f->kind) {
	case FRAME_EVENTS:
		return add_record_frame(c, f, at);
	case FRAME_ACKS:
	case FRAME_MOVED:
	case FRAME_ABORTED:
		return segment_contents_add_acks(c, f, false) &&
		       segment_contents_add_aux(
			   c, (uint32_t)(at / FRAME_ALIGN));
	case FRAME_FOOTER:
		break; /* says what the frames before it said */
	}
	return true;
}
