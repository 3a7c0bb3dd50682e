#include "gateway/journal/recovery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/journal/capacity.h"
#include "gateway/journal/recovery_scan.h"
#include "gateway/journal/table_lookup.h"
#include "gateway/journal/moved_set.h"

enum recovery_phase {
	RECOVERY_ACKS,
	RECOVERY_LOAD,
	RECOVERY_VERIFY,
	RECOVERY_DONE
};

struct recovery {
	enum recovery_phase phase;
	uint32_t at; /* of those found */
	struct moved_set sources;
	bool out; /* a job is under way */
};

bool
recovery_open(struct journal *j, struct err *err)
{
	struct recovery *r = calloc(1, sizeof *r);

	j->recovery = r;
	if (r == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	if (!recovery_scan_run(j, err))
		return false;
	r->at = j->found_count;
	atomic_store(&j->counts.recovering, true);
	return true;
}

void
recovery_fini(struct journal *j)
{
	if (j->recovery == NULL)
		return;
	free(j->found);
	j->found = NULL;
	j->found_count = j->found_room = 0;
	moved_set_fini(&j->recovery->sources);
	free(j->recovery);
	j->recovery = NULL;
}

static void
apply_ack(struct journal *j, const struct frame_ack *s)
{
	struct segment *segment = journal_state_find(j, s->epoch);

	/* Of one that is gone, or was never written: nothing to do. */
	if (segment != NULL && !segment->loaded)
		segment_ack(segment, s);
}

/*
 * The source of a copy is dead. Unless a younger copy was there before, or the
 * source was acked after the commit failed: then the copy is dead.
 */
static void
apply_move(struct journal *j, struct segment *segment,
    const struct segment_contents_move *move)
{
	struct segment *source = journal_state_find(j, move->source_epoch);
	bool again = moved_set_add(
	    &j->recovery->sources, move->source_epoch, move->source_ordinal);

	if (!segment_reserve(segment, move->ordinal + 1))
		return;
	if (again) {
		segment_set_dead(segment, move->ordinal);
		return;
	}
	if (source == NULL || source->loaded ||
	    move->source_ordinal > source->size / FRAME_HEADER ||
	    !segment_reserve(source, move->source_ordinal + 1))
		return;
	if (segment_is_dead(source, move->source_ordinal)) {
		segment_set_dead(segment, move->ordinal);
		return;
	}
	segment_acked_drop(source, move->source_ordinal);
	segment_set_dead(source, move->source_ordinal);
}

static void
acks_done(struct journal *j, struct io_job *job)
{
	const struct segment_contents *c = &job->contents;
	struct segment *segment;

	for (uint32_t i = 0; i < c->aborted_count; i++) {
		segment = journal_state_find(j, c->aborted[i].epoch);
		if (segment != NULL && c->aborted[i].tail < segment->limit) {
			segment->limit = c->aborted[i].tail;
			segment->broken = true;
		}
	}
	for (uint32_t i = 0; i < c->move_count; i++)
		apply_move(j, job->segment, &c->moves[i]);
	for (uint32_t i = 0; i < c->ack_count; i++)
		apply_ack(j, &c->acks[i]);
}

/*
 * A record whose parts are all acked is dead, also without an ack of the whole.
 */
static bool
is_dead(struct segment *segment, uint32_t ordinal, uint32_t events)
{
	struct range_set *acked;

	if (segment_is_dead(segment, ordinal))
		return true;
	acked = segment_acked(segment, ordinal);
	return acked != NULL && acked->events >= events;
}

static struct segment_table *
table_for(struct journal *j, struct segment *segment,
    const struct segment_contents_table *t)
{
	struct table_index *index = table_lookup_named(j, t->name);
	struct segment_table *seg_table;

	if (index == NULL)
		return NULL;
	seg_table = table_index_in_segment(index, segment);
	if (seg_table == NULL)
		return NULL;
	seg_table->accepted_ms = t->accepted_ms;
	seg_table->earliest_ms = t->earliest_ms;
	return seg_table;
}

static bool
count_record(struct journal *j, struct segment *segment,
    struct segment_contents *c, uint32_t ordinal, struct segment_table **tables)
{
	const struct segment_entry *entry = &c->entries[ordinal];
	struct segment_table *seg_table = tables[entry->number];
	struct range_set *acked;
	uint32_t events = entry->events;

	if (seg_table == NULL)
		seg_table = tables[entry->number] =
		    table_for(j, segment, &c->tables[entry->number]);
	if (seg_table == NULL)
		return false;
	acked = segment_acked(segment, ordinal);
	if (acked != NULL)
		events -= acked->events;
	segment->living++;
	table_index_add(seg_table, events, entry->bytes);
	table_index_count_recovered(seg_table->index, events);
	table_index_set_on_disk(seg_table, ordinal);
	segment->living_bytes += cost_of_entry(seg_table, entry);
	atomic_fetch_add(&j->reserved, cost_of_entry(seg_table, entry));
	atomic_fetch_add(&j->counts.recovered_records, 1);
	atomic_fetch_add(&j->counts.recovered_events, events);
	return true;
}

static bool
load(struct journal *j, struct segment *segment, struct segment_contents *c)
{
	struct segment_table **tables =
	    calloc(c->table_count + 1, sizeof(struct segment_table *));
	bool ok = tables != NULL && segment_reserve(segment, c->records + 1);

	for (uint32_t i = 0; ok && i < c->records; i++) {
		const struct segment_entry *entry = &c->entries[i];

		if (entry->at8 == 0 && !segment_is_dead(segment, i))
			atomic_fetch_add(&j->counts.damaged_records, 1);
		if (entry->at8 == 0 || is_dead(segment, i, entry->events)) {
			segment_acked_drop(segment, i);
			segment_set_dead(segment, i);
			continue;
		}
		ok = count_record(j, segment, c, i, tables);
	}
	free(tables);
	segment->records = c->records;
	segment->tail = c->tail;
	return ok;
}

static void
load_done(struct journal *j, struct io_job *job)
{
	struct segment *segment = job->segment;
	struct segment_table *seg_table;

	/* Without memory its records are not seen until the next start. */
	journal_state_begin_counts(j);
	if (!load(j, segment, &job->contents))
		segment->uncompactable = true;
	journal_state_end_counts(j);
	segment->loaded = true;
	if (job->contents.damage_count > 0)
		atomic_fetch_add(&j->counts.damaged_segments, 1);
	atomic_fetch_sub(&j->reserved, segment->size);
	for (uint32_t i = 0; i < segment->table_count; i++) {
		seg_table = segment->tables[i];
		journal_state_need_read(j, seg_table->index);
	}
}

void
recovery_done(struct journal *j, struct io_job *job)
{
	struct recovery *r = j->recovery;

	r->out = false;
	j->quarantine_bytes += job->quarantined;
	if (!job->ok) {
		/* The disk may work again later; nothing is dropped. */
		j->retry = true;
		return;
	}
	switch (r->phase) {
	case RECOVERY_ACKS:
		acks_done(j, job);
		r->at--;
		break;
	case RECOVERY_LOAD:
		load_done(j, job);
		r->at++;
		break;
	case RECOVERY_VERIFY:
		if (job->contents.damage_count > 0)
			atomic_fetch_add(&j->counts.damaged_segments, 1);
		atomic_fetch_sub(&j->counts.unverified, 1);
		r->at++;
		break;
	case RECOVERY_DONE:
		break;
	}
}

/* Bytes that may still be quarantined below max_bytes; see capacity.c. */
static uint64_t
quarantine_room(const struct journal *j)
{
	uint64_t half = j->options.segment_bytes / 2;

	return half > j->quarantine_bytes ? half - j->quarantine_bytes : 0;
}

static void
begin_job(struct journal *j, enum io_job_kind kind, struct segment *segment)
{
	struct io_job *job = io_job_new(kind, segment);

	if (job == NULL)
		return;
	job->whole = kind == IO_JOB_VERIFY;
	job->quarantine_room = kind == IO_JOB_ACKS ? 0 : quarantine_room(j);
	j->recovery->out = true;
	journal_state_give_job(j, job);
}

/*
 * Segments whose first commit failed, as a later frame says. They hold nothing,
 * and nothing may be written behind an aborted tail.
 */
static void
take_out_aborted(struct journal *j)
{
	for (uint32_t i = 0; i < j->found_count; i++) {
		struct segment *segment = j->found[i];

		if (segment == NULL || segment->limit > SEGMENT_HEADER ||
		    segment->busy > 0)
			continue;
		j->found[i] = NULL;
		segment->broken = false;
		journal_state_take_out(j, segment);
	}
}

static void
next_phase(struct journal *j)
{
	struct recovery *r = j->recovery;

	if (r->phase == RECOVERY_ACKS && r->at == 0)
		r->phase = RECOVERY_LOAD;
	if (r->phase == RECOVERY_LOAD && r->at == j->found_count) {
		r->phase = RECOVERY_VERIFY;
		r->at = 0;
		atomic_store(&j->counts.recovering, false);
		take_out_aborted(j);
		capacity_recycle(j);
	}
}

void
recovery_step(struct journal *j)
{
	struct recovery *r = j->recovery;

	if (r->out || r->phase == RECOVERY_DONE)
		return;
	next_phase(j);
	if (r->phase == RECOVERY_ACKS) {
		begin_job(j, IO_JOB_ACKS, j->found[r->at - 1]);
		return;
	}
	if (r->phase == RECOVERY_LOAD) {
		begin_job(j, IO_JOB_LOAD, j->found[r->at]);
		return;
	}
	/* Those that are recycled meanwhile need no looking at. */
	while (r->at < j->found_count && j->found[r->at] == NULL) {
		atomic_fetch_sub(&j->counts.unverified, 1);
		r->at++;
	}
	if (r->at == j->found_count)
		r->phase = RECOVERY_DONE;
	else if (j->jobs == NULL && j->jobs_out == 0)
		begin_job(j, IO_JOB_VERIFY, j->found[r->at]);
}
