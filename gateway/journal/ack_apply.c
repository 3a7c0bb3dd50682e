#include "gateway/journal/ack_apply.h"

#include <stdlib.h>

#include "gateway/journal/compaction_source.h"

void
ack_record(struct journal *j, struct write_batch_item *item)
{
	struct segment *open = j->open;
	struct segment_table *seg_table = item->seg_table;

	open->entries[open->records++] = (struct segment_entry){
		.at8 = item->at8,
		.number = seg_table->number,
		.flags = item->flags,
		.events = item->events,
		.bytes = item->bytes,
	};
	open->living++;
	open->living_bytes +=
	    cost_of_entry(seg_table, &open->entries[item->ordinal]);
	if (item->record->accepted_ms < seg_table->accepted_ms)
		seg_table->accepted_ms = item->record->accepted_ms;
	if (item->record->earliest_ms < seg_table->earliest_ms)
		seg_table->earliest_ms = item->record->earliest_ms;
	if (item->source != NULL)
		return; /* counted since long ago */
	table_index_add(seg_table, item->events, item->bytes);
	table_index_count_accepted(seg_table->index, item->events);
	item->record->ref = item->ref;
	if (item->ref == NULL) {
		table_index_set_on_disk(seg_table, item->ordinal);
		journal_state_need_read(j, seg_table->index);
		return;
	}
	record_ref_link(item->ref, open);
	segment_set_resident(open, item->ordinal, true);
}

/*
 * The record is dead in `segment`; how much of the log lives decides about
 * copying.
 */
static void
drop_record(struct segment *segment, uint32_t ordinal, uint64_t cost)
{
	segment_set_dead(segment, ordinal);
	segment_set_resident(segment, ordinal, false);
	segment_acked_drop(segment, ordinal);
	segment->living--;
	segment->living_bytes -= cost;
}

void
ack_copy(struct journal *j, struct write_batch_item *item)
{
	struct segment *from = item->source->segment;
	struct range_set *acked = segment_acked(from, item->source_ordinal);
	uint32_t events = item->events - (acked != NULL ? acked->events : 0);

	ack_record(j, item);
	if (acked != NULL) {
		*segment_acked_new(j->open, item->ordinal) = *acked;
		*acked = (struct range_set){ 0 }; /* handed over */
	}
	table_index_move(item->source, item->seg_table, events, item->bytes);
	if (item->ref != NULL) {
		record_ref_unlink(item->ref);
		item->ref->ordinal = item->ordinal;
		item->ref->seg_table = item->seg_table;
		record_ref_link(item->ref, j->open);
		segment_set_resident(j->open, item->ordinal, true);
	} else {
		table_index_set_resident(item->source);
		table_index_set_on_disk(item->seg_table, item->ordinal);
	}
	drop_record(from, item->source_ordinal,
	    cost_of_entry(item->seg_table, &j->open->entries[item->ordinal]));
	atomic_fetch_add(&j->counts.copied_records, 1);
}

static void
end_record(struct journal *j, struct record_ref *ref, uint32_t events)
{
	struct segment *segment = ref->segment;
	struct segment_table *seg_table = ref->seg_table;

	compaction_source_forget(j, ref);
	record_ref_unlink(ref);
	ref->seg_table = NULL;
	ref->dead = true;
	drop_record(segment, ref->ordinal, ref->cost);
	atomic_fetch_sub(&j->reserved, ref->cost);
	table_index_count_acked(seg_table->index, events);
	table_index_drop(seg_table, events, ref->bytes, j->now);
}

void
ack_part(struct journal *j, struct record_ref *ref, struct frame_range range)
{
	struct range_set *acked;
	uint32_t before;

	if (ref->dead)
		return;
	acked = segment_acked(ref->segment, ref->ordinal);
	before = acked != NULL ? acked->events : 0;
	if (range.from == 0 && range.count >= ref->events) {
		end_record(j, ref, ref->events - before);
		return;
	}
	if (acked == NULL)
		acked = segment_acked_new(ref->segment, ref->ordinal);
	/*
	 * Without memory the ack of the part is lost; the ack of the rest
	 * repeats it.
	 */
	if (acked == NULL || !range_set_add(acked, range))
		return;
	table_index_count_acked(ref->seg_table->index, acked->events - before);
	table_index_ack_part(ref->seg_table, acked->events - before);
	if (acked->events == ref->events)
		end_record(j, ref, 0);
}

void
ack_lost(struct journal *j, struct segment_table *seg_table, uint32_t ordinal,
    const struct segment_entry *entry)
{
	struct segment *segment = seg_table->segment;
	struct range_set *acked = segment_acked(segment, ordinal);
	uint32_t events = entry->events - (acked != NULL ? acked->events : 0);
	uint64_t cost = cost_of_entry(seg_table, entry);

	if (!segment_is_resident(segment, ordinal))
		table_index_set_resident(seg_table);
	drop_record(segment, ordinal, cost);
	atomic_fetch_sub(&j->reserved, cost);
	table_index_drop(seg_table, events, entry->bytes, j->now);
	atomic_fetch_add(&j->counts.damaged_records, 1);
}

void
ack_release(struct journal *j, struct record *record)
{
	struct record_ref *ref = record->ref;
	struct table_index *index = ref->index;
	uint64_t cost = record_cost(record);

	if (!record->pinned) {
		j->resident -= cost;
		*table_index_memory(index, record) -= cost;
	}
	index->left = j->now;
	if (--ref->slices == 0) {
		if (!ref->dead) {
			compaction_source_forget(j, ref);
			segment_set_resident(ref->segment, ref->ordinal, false);
			table_index_set_on_disk(ref->seg_table, ref->ordinal);
		}
		record_ref_free(ref);
	}
	record_free(record, j->now);
	journal_state_need_read(j, index);
}
