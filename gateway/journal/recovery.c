#include "gateway/journal/recovery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/journal/read_ahead.h"
#include "gateway/journal/recovery_scan.h"
#include "gateway/journal/table_lookup.h"
#include "gateway/journal/moved_set.h"

enum credential_state { PHASE_SETTLED, PHASE_LOAD, PHASE_VERIFY, PHASE_DONE };

struct recovery {
	enum credential_state phase;
	struct recovery_scan found;
	uint32_t at; /* of those found */
	struct moved_set sources;
	bool out; /* a job is under way */
};

bool
recovery_open(struct journal *j, struct err *err)
{
	struct recovery *r = calloc(1, sizeof *r);

	j->recover = r;
	if (r == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	if (!recovery_scan_run(j, &r->found, err))
		return false;
	r->at = r->found.count;
	atomic_store(&j->counts.recovering, true);
	return true;
}

void
recovery_fini(struct journal *j)
{
	if (j->recover == NULL)
		return;
	free(j->recover->found.segments);
	moved_set_fini(&j->recover->sources);
	free(j->recover);
	j->recover = NULL;
}

void
recovery_forget(struct journal *j, const struct segment *segment)
{
	struct recovery *r = j->recover;

	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->found.count; i++)
		if (r->found.segments[i] == segment)
			r->found.segments[i] = NULL;
}

static void
apply_settled(struct journal *j, const struct frame_settlement *s)
{
	struct segment *segment = journal_find(j, s->epoch);

	/* Of one that is gone, or was never written: nothing to do. */
	if (segment != NULL && !segment->loaded)
		segment_settle(segment, s);
}

/*
 * The source of a copy is dead, unless a younger copy was there before, or it
 * was settled after the commit failed: then the copy is.
 */
static void
apply_move(struct journal *j, struct segment *segment,
    const struct segment_contents_move *move)
{
	struct segment *source = journal_find(j, move->source_epoch);
	bool again = moved_set_add(
	    &j->recover->sources, move->source_epoch, move->source_ordinal);

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
	segment_parts_drop(source, move->source_ordinal);
	segment_set_dead(source, move->source_ordinal);
}

static void
settled_done(struct journal *j, struct io_job *job)
{
	const struct segment_contents *c = &job->contents;
	struct segment *segment;

	for (uint32_t i = 0; i < c->void_count; i++) {
		segment = journal_find(j, c->voids[i].epoch);
		if (segment != NULL && c->voids[i].tail < segment->limit) {
			segment->limit = c->voids[i].tail;
			segment->broken = true;
		}
	}
	for (uint32_t i = 0; i < c->move_count; i++)
		apply_move(j, job->segment, &c->moves[i]);
	for (uint32_t i = 0; i < c->settled_count; i++)
		apply_settled(j, &c->settled[i]);
}

/* A record of which all parts are settled is dead, said or not. */
static bool
is_dead(struct segment *segment, uint32_t ordinal, uint32_t events)
{
	struct range_set *parts;

	if (segment_is_dead(segment, ordinal))
		return true;
	parts = segment_parts(segment, ordinal);
	return parts != NULL && parts->events >= events;
}

static struct holding *
holding_for(struct journal *j, struct segment *segment,
    const struct segment_contents_table *t)
{
	struct table_index *shelf = table_lookup_named(j, t->name);
	struct holding *holding;

	if (shelf == NULL)
		return NULL;
	holding = table_index_holding(shelf, segment);
	if (holding == NULL)
		return NULL;
	holding->accepted_ms = t->accepted_ms;
	holding->earliest_ms = t->earliest_ms;
	return holding;
}

static bool
count_record(struct journal *j, struct segment *segment,
    struct segment_contents *c, uint32_t ordinal, struct holding **holdings)
{
	const struct segment_entry *entry = &c->entries[ordinal];
	struct holding *holding = holdings[entry->number];
	struct range_set *parts;
	uint32_t events = entry->events;

	if (holding == NULL)
		holding = holdings[entry->number] =
		    holding_for(j, segment, &c->tables[entry->number]);
	if (holding == NULL)
		return false;
	parts = segment_parts(segment, ordinal);
	if (parts != NULL)
		events -= parts->events;
	segment->living++;
	table_index_add(holding, events, entry->bytes);
	table_index_count_recovered(holding->shelf, events);
	table_index_unread(holding, ordinal);
	segment->living_bytes += cost_of_entry(holding, entry);
	atomic_fetch_add(&j->reserved, cost_of_entry(holding, entry));
	atomic_fetch_add(&j->counts.recovered_records, 1);
	atomic_fetch_add(&j->counts.recovered_events, events);
	return true;
}

static bool
load(struct journal *j, struct segment *segment, struct segment_contents *c)
{
	struct holding **holdings =
	    calloc(c->table_count + 1, sizeof(struct holding *));
	bool ok = holdings != NULL && segment_reserve(segment, c->records + 1);

	for (uint32_t i = 0; ok && i < c->records; i++) {
		const struct segment_entry *entry = &c->entries[i];

		if (entry->at8 == 0 && !segment_is_dead(segment, i))
			atomic_fetch_add(&j->counts.damaged_records, 1);
		if (entry->at8 == 0 || is_dead(segment, i, entry->events)) {
			segment_parts_drop(segment, i);
			segment_set_dead(segment, i);
			continue;
		}
		ok = count_record(j, segment, c, i, holdings);
	}
	free(holdings);
	segment->records = c->records;
	segment->tail = c->tail;
	return ok;
}

static void
load_done(struct journal *j, struct io_job *job)
{
	struct segment *segment = job->segment;
	struct holding *holding;

	/* Without memory it stays unread, and is found at the next start. */
	journal_begin_counts(j);
	if (!load(j, segment, &job->contents))
		segment->stuck = true;
	journal_end_counts(j);
	segment->loaded = true;
	if (job->contents.damage_count > 0)
		atomic_fetch_add(&j->counts.damaged_segments, 1);
	atomic_fetch_sub(&j->reserved, segment->size);
	for (uint32_t i = 0; i < segment->holding_count; i++) {
		holding = segment->holdings[i];
		read_ahead_hungry(j, holding->shelf);
	}
}

void
recovery_done(struct journal *j, struct io_job *job)
{
	struct recovery *r = j->recover;

	r->out = false;
	j->aside_bytes += job->quarantined;
	if (!job->ok) {
		/* The disk may be better later; nothing is given up. */
		j->retry = true;
		return;
	}
	switch (r->phase) {
	case PHASE_SETTLED:
		settled_done(j, job);
		r->at--;
		break;
	case PHASE_LOAD:
		load_done(j, job);
		r->at++;
		break;
	case PHASE_VERIFY:
		if (job->contents.damage_count > 0)
			atomic_fetch_add(&j->counts.damaged_segments, 1);
		atomic_fetch_sub(&j->counts.unverified, 1);
		r->at++;
		break;
	case PHASE_DONE:
		break;
	}
}

/* What may still be put aside below max_bytes; see room.c. */
static uint64_t
quarantine_room(const struct journal *j)
{
	uint64_t half = j->options.segment_bytes / 2;

	return half > j->aside_bytes ? half - j->aside_bytes : 0;
}

static void
begin_job(struct journal *j, enum io_job_kind kind, struct segment *segment)
{
	struct io_job *job = io_job_new(kind, segment);

	if (job == NULL)
		return;
	job->whole = kind == IO_JOB_VERIFY;
	job->quarantine_room = kind == IO_JOB_SETTLED ? 0 : quarantine_room(j);
	j->recover->out = true;
	journal_give_job(j, job);
}

/*
 * Segments whose first commit failed, as a later one says.  There is nothing
 * in them, and nothing may be written behind what is void.
 */
static void
take_out_void(struct journal *j)
{
	struct recovery *r = j->recover;

	for (uint32_t i = 0; i < r->found.count; i++) {
		struct segment *segment = r->found.segments[i];

		if (segment == NULL || segment->limit > SEGMENT_HEADER ||
		    segment->busy > 0)
			continue;
		r->found.segments[i] = NULL;
		segment->broken = false;
		journal_take_out(j, segment);
	}
}

static void
next_phase(struct journal *j)
{
	struct recovery *r = j->recover;

	if (r->phase == PHASE_SETTLED && r->at == 0)
		r->phase = PHASE_LOAD;
	if (r->phase == PHASE_LOAD && r->at == r->found.count) {
		r->phase = PHASE_VERIFY;
		r->at = 0;
		atomic_store(&j->counts.recovering, false);
		take_out_void(j);
		journal_recycle(j);
	}
}

void
recovery_step(struct journal *j)
{
	struct recovery *r = j->recover;

	if (r->out || r->phase == PHASE_DONE)
		return;
	next_phase(j);
	if (r->phase == PHASE_SETTLED) {
		begin_job(j, IO_JOB_SETTLED, r->found.segments[r->at - 1]);
		return;
	}
	if (r->phase == PHASE_LOAD) {
		begin_job(j, IO_JOB_LOAD, r->found.segments[r->at]);
		return;
	}
	/* Those that are recycled meanwhile need no looking at. */
	while (r->at < r->found.count && r->found.segments[r->at] == NULL) {
		atomic_fetch_sub(&j->counts.unverified, 1);
		r->at++;
	}
	if (r->at == r->found.count)
		r->phase = PHASE_DONE;
	else if (j->jobs == NULL && j->jobs_out == 0)
		begin_job(j, IO_JOB_VERIFY, r->found.segments[r->at]);
}
