#include "gateway/journal/ack_apply.h"

#include <stdlib.h>

#include "gateway/journal/compaction.h"
#include "gateway/journal/read_ahead.h"

void
ack_record(struct journal *j, struct write_batch_item *item)
{
	struct segment *open = j->open;
	struct holding *holding = item->holding;

	open->entries[open->records++] = (struct segment_entry){
		.at8 = item->at8,
		.number = holding->number,
		.flags = item->flags,
		.events = item->events,
		.bytes = item->bytes,
	};
	open->living++;
	open->living_bytes +=
	    cost_of_entry(holding, &open->entries[item->ordinal]);
	if (item->record->accepted_ms < holding->accepted_ms)
		holding->accepted_ms = item->record->accepted_ms;
	if (item->record->earliest_ms < holding->earliest_ms)
		holding->earliest_ms = item->record->earliest_ms;
	if (item->source != NULL)
		return; /* counted since long ago */
	table_index_add(holding, item->events, item->bytes);
	table_index_count_accepted(holding->shelf, item->events);
	item->record->place = item->place;
	if (item->place == NULL) {
		table_index_unread(holding, item->ordinal);
		read_ahead_hungry(j, holding->shelf);
		return;
	}
	record_ref_link(item->place, open);
	segment_set_given(open, item->ordinal, true);
}

/* It leaves `segment`; how much of the log lives decides about copying. */
static void
leave(struct segment *segment, uint32_t ordinal, uint64_t cost)
{
	segment_set_dead(segment, ordinal);
	segment_set_given(segment, ordinal, false);
	segment_parts_drop(segment, ordinal);
	segment->living--;
	segment->living_bytes -= cost;
}

void
ack_copy(struct journal *j, struct write_batch_item *item)
{
	struct segment *from = item->source->segment;
	struct range_set *parts = segment_parts(from, item->source_ordinal);
	uint32_t events = item->events - (parts != NULL ? parts->events : 0);

	ack_record(j, item);
	if (parts != NULL) {
		*segment_parts_new(j->open, item->ordinal) = *parts;
		*parts = (struct range_set){ 0 }; /* handed over */
	}
	table_index_move(item->source, item->holding, events, item->bytes);
	if (item->place != NULL) {
		record_ref_unlink(item->place);
		item->place->ordinal = item->ordinal;
		item->place->holding = item->holding;
		record_ref_link(item->place, j->open);
		segment_set_given(j->open, item->ordinal, true);
	} else {
		table_index_read(item->source);
		table_index_unread(item->holding, item->ordinal);
	}
	leave(from, item->source_ordinal,
	    cost_of_entry(item->holding, &j->open->entries[item->ordinal]));
	atomic_fetch_add(&j->counts.copied_records, 1);
}

static void
die(struct journal *j, struct record_ref *place, uint32_t events)
{
	struct segment *segment = place->segment;
	struct holding *holding = place->holding;

	compaction_forget(j, place);
	record_ref_unlink(place);
	place->holding = NULL;
	place->dead = true;
	leave(segment, place->ordinal, place->cost);
	atomic_fetch_sub(&j->reserved, place->cost);
	table_index_count_settled(holding->shelf, events);
	table_index_drop(holding, events, place->bytes, j->now);
}

void
ack_part(struct journal *j, struct record_ref *place, struct frame_range range)
{
	struct range_set *parts;
	uint32_t before;

	if (place->dead)
		return;
	parts = segment_parts(place->segment, place->ordinal);
	before = parts != NULL ? parts->events : 0;
	if (range.from == 0 && range.count >= place->events) {
		die(j, place, place->events - before);
		return;
	}
	if (parts == NULL)
		parts = segment_parts_new(place->segment, place->ordinal);
	/* Without memory the part is told again, with the rest. */
	if (parts == NULL || !range_set_add(parts, range))
		return;
	table_index_count_settled(
	    place->holding->shelf, parts->events - before);
	table_index_settle_part(place->holding, parts->events - before);
	if (parts->events == place->events)
		die(j, place, 0);
}

void
ack_lost(struct journal *j, struct holding *holding, uint32_t ordinal,
    const struct segment_entry *entry)
{
	struct segment *segment = holding->segment;
	struct range_set *parts = segment_parts(segment, ordinal);
	uint32_t events = entry->events - (parts != NULL ? parts->events : 0);
	uint64_t cost = cost_of_entry(holding, entry);

	if (!segment_is_given(segment, ordinal))
		table_index_read(holding);
	leave(segment, ordinal, cost);
	atomic_fetch_sub(&j->reserved, cost);
	table_index_drop(holding, events, entry->bytes, j->now);
	atomic_fetch_add(&j->counts.damaged_records, 1);
}

void
ack_release(struct journal *j, struct record *record)
{
	struct record_ref *place = record->place;
	struct table_index *shelf = place->shelf;
	uint64_t cost = record_cost(record);

	if (!record->pinned) {
		j->resident -= cost;
		*table_index_memory(shelf, record) -= cost;
	}
	shelf->left = j->now;
	if (--place->slices == 0) {
		if (!place->dead) {
			compaction_forget(j, place);
			segment_set_given(
			    place->segment, place->ordinal, false);
			table_index_unread(place->holding, place->ordinal);
		}
		record_ref_free(place);
	}
	record_free(record, j->now);
	read_ahead_hungry(j, shelf);
}
