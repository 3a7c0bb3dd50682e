#include "gateway/spool/recover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/spool/fetch.h"
#include "gateway/spool/scan.h"

#define QUARANTINE "quarantine"

enum phase { PHASE_SETTLED, PHASE_LOAD, PHASE_VERIFY, PHASE_DONE };

struct recover {
	enum phase phase;
	struct segment **segments; /* oldest first */
	uint32_t count, room, at;
	bool out; /* a job is under way */
};

/* What list() found, before any of it is opened. */
struct found {
	struct found_file {
		uint64_t id, size;
	} * files;
	uint32_t count, room;
	bool no_memory;
	char fresh[8][SEGMENT_NAME + 4]; /* half-made ones, to be removed */
	uint32_t fresh_count;
};

static void
see(void *arg, const char *name, uint64_t size)
{
	struct found *found = arg;
	struct found_file *files;
	size_t len = strlen(name);
	uint64_t id;

	if (len > 8 && len < sizeof found->fresh[0] &&
	    strcmp(name + len - 8, ".seg.new") == 0 && found->fresh_count < 8)
		memcpy(found->fresh[found->fresh_count++], name, len + 1);
	if (!segment_name_get(name, &id))
		return; /* not ours: left alone */
	if (found->count == found->room) {
		found->room = found->room > 0 ? found->room * 2 : 64;
		files =
		    realloc(found->files, found->room * sizeof *found->files);
		if (files == NULL) {
			found->no_memory = true;
			found->room = found->count;
			return;
		}
		found->files = files;
	}
	found->files[found->count++] = (struct found_file){ id, size };
}

static void
put_aside(struct journal *j, uint64_t id)
{
	char name[SEGMENT_NAME], aside[SEGMENT_NAME + 16];

	segment_name(name, id);
	snprintf(aside, sizeof aside, QUARANTINE "/%s", name);
	(void)j->disk->rename(j->disk, name, aside);
	(void)j->disk->sync_names(j->disk);
	if (j->segments_most > 0)
		j->segments_most--; /* it still takes room */
	atomic_fetch_add(&j->counts.damaged_segments, 1);
}

enum sort { SORT_USED, SORT_FREE, SORT_ASIDE };

/* What kind of file is it, and of which epoch? */
static enum sort
sort_out(struct journal *j, struct segment *segment, uint64_t *oldest)
{
	struct segment_head head = { 0 };
	struct err err = { 0 };
	struct scan scan;
	const char *bytes;
	size_t len = 0;
	enum sort sort = SORT_ASIDE;
	static const char zeros[SEGMENT_HEADER];

	scan_init(&scan, j->disk, segment->file, segment->size);
	bytes = scan_at(&scan, 0, SEGMENT_HEADER, &len, &err);
	if (bytes == NULL || len < SEGMENT_HEADER)
		goto out;
	if (segment_head_get(&head, bytes)) {
		segment->epoch = head.epoch;
		segment->odd |= head.size != segment->size;
		if (head.oldest > *oldest)
			*oldest = head.oldest;
		sort = SORT_USED;
		goto out;
	}
	sort = memcmp(bytes, zeros, sizeof zeros) == 0 ? SORT_FREE : SORT_ASIDE;
	if (!scan_epoch(&scan, &segment->epoch, &err))
		sort = SORT_ASIDE;
	else if (segment->epoch != 0)
		sort = SORT_USED; /* the header alone is damaged */
	if (sort == SORT_USED)
		atomic_fetch_add(&j->counts.damaged_segments, 1);
out:
	scan_fini(&scan);
	return sort;
}

static bool
remember(struct recover *r, struct segment *segment)
{
	struct segment **more;

	if (r->count == r->room) {
		r->room = r->room > 0 ? r->room * 2 : 64;
		more = realloc(r->segments, r->room * sizeof *r->segments);
		if (more == NULL)
			return false;
		r->segments = more;
	}
	r->segments[r->count++] = segment;
	return true;
}

static bool
take_file(struct journal *j, const struct found_file *file, uint64_t *oldest)
{
	struct segment *segment;
	char name[SEGMENT_NAME];
	int fd;

	if (file->id >= j->next_id)
		j->next_id = file->id + 1;
	segment_name(name, file->id);
	if (file->size == 0) {
		(void)j->disk->unlink(j->disk, name);
		return true;
	}
	fd = j->disk->open(j->disk, name, DISK_EXISTING);
	if (fd < 0) {
		put_aside(j, file->id);
		return true;
	}
	segment = segment_new(file->id, file->size, fd);
	if (segment == NULL)
		return false;
	segment->odd = file->size != j->options.segment_bytes;
	segment->state = SEGMENT_SEALED;
	switch (sort_out(j, segment, oldest)) {
	case SORT_USED:
		return remember(j->recover, segment);
	case SORT_FREE:
		segment->state = SEGMENT_FREE;
		journal_push(&j->free, segment);
		return true;
	case SORT_ASIDE:
		break;
	}
	j->disk->close(j->disk, fd);
	put_aside(j, file->id);
	segment_free(segment);
	return true;
}

static int
by_epoch(const void *a, const void *b)
{
	const struct segment *const *x = a, *const *y = b;

	return (*x)->epoch < (*y)->epoch ? -1 : (*x)->epoch > (*y)->epoch;
}

/* Those before `oldest` were dead already; all others may hold something. */
static void
line_up(struct journal *j, uint64_t oldest)
{
	struct recover *r = j->recover;
	uint32_t kept = 0;

	if (r->count > 0)
		qsort(r->segments, r->count, sizeof *r->segments, by_epoch);
	for (uint32_t i = 0; i < r->count; i++) {
		struct segment *segment = r->segments[i];

		if (segment->epoch >> 32 > j->counter)
			j->counter = segment->epoch >> 32;
		journal_push(&j->used, segment);
		if (segment->epoch < oldest) {
			segment->loaded = true;
			continue;
		}
		r->segments[kept++] = segment;
		atomic_fetch_add(&j->reserved, segment->size);
	}
	r->count = kept;
	atomic_store(&j->counts.unverified, kept);
}

bool
recover_open(struct journal *j, struct err *err)
{
	struct found found = { 0 };
	uint64_t oldest = 0;
	int result;
	bool ok = false;

	j->recover = calloc(1, sizeof *j->recover);
	if (j->recover == NULL)
		return err_set(err, ERR_HOST, 0, "no memory");
	result = j->disk->make_folder(j->disk, QUARANTINE);
	if (result == 0)
		result = j->disk->list(j->disk, see, &found);
	if (result < 0) {
		err_set(err, ERR_HOST, 0, "%s", strerror(-result));
		goto out;
	}
	for (uint32_t i = 0; i < found.fresh_count; i++)
		(void)j->disk->unlink(j->disk, found.fresh[i]);
	ok = !found.no_memory;
	for (uint32_t i = 0; ok && i < found.count; i++)
		ok = take_file(j, &found.files[i], &oldest);
	if (!ok) {
		err_set(err, ERR_HOST, 0, "no memory");
		goto out;
	}
	line_up(j, oldest);
	j->recover->at = j->recover->count;
	atomic_store(&j->counts.recovering, true);
out:
	free(found.files);
	return ok;
}

void
recover_fini(struct journal *j)
{
	if (j->recover == NULL)
		return;
	free(j->recover->segments);
	free(j->recover);
	j->recover = NULL;
}

void
recover_forget(struct journal *j, const struct segment *segment)
{
	struct recover *r = j->recover;

	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->count; i++)
		if (r->segments[i] == segment)
			r->segments[i] = NULL;
}

static void
apply_settled(struct journal *j, const struct frame_settlement *s)
{
	struct segment *segment = journal_find(j, s->epoch);
	struct parts *parts;

	/* Of one that is gone, or was never written: nothing to do. */
	if (segment == NULL || segment->loaded ||
	    s->ordinal > segment->size / FRAME_HEADER ||
	    !segment_reserve(segment, s->ordinal + 1) ||
	    segment_is_dead(segment, s->ordinal))
		return;
	if (s->range.count == FRAME_WHOLE) {
		segment_parts_drop(segment, s->ordinal);
		segment_set_dead(segment, s->ordinal);
		return;
	}
	parts = segment_parts(segment, s->ordinal);
	if (parts == NULL)
		parts = segment_parts_new(segment, s->ordinal);
	if (parts != NULL)
		(void)parts_add(parts, s->range);
}

static void
settled_done(struct journal *j, struct job *job)
{
	const struct contents *c = &job->contents;
	struct segment *segment;

	for (uint32_t i = 0; i < c->void_count; i++) {
		segment = journal_find(j, c->voids[i].epoch);
		if (segment != NULL && c->voids[i].tail < segment->limit) {
			segment->limit = c->voids[i].tail;
			segment->broken = true;
		}
	}
	for (uint32_t i = 0; i < c->settled_count; i++)
		apply_settled(j, &c->settled[i]);
}

/* A record of which all parts are settled is dead, said or not. */
static bool
is_dead(struct segment *segment, uint32_t ordinal, uint32_t events)
{
	struct parts *parts;

	if (segment_is_dead(segment, ordinal))
		return true;
	parts = segment_parts(segment, ordinal);
	return parts != NULL && parts->events >= events;
}

static struct holding *
holding_for(
    struct journal *j, struct segment *segment, const struct contents_table *t)
{
	struct shelf *shelf = journal_shelf_named(j, t->name);
	struct holding *holding;

	if (shelf == NULL)
		return NULL;
	holding = shelf_holding(shelf, segment);
	if (holding == NULL)
		return NULL;
	holding->accepted_ms = t->accepted_ms;
	holding->earliest_ms = t->earliest_ms;
	return holding;
}

static bool
count_record(struct journal *j, struct segment *segment, struct contents *c,
    uint32_t ordinal, struct holding **holdings)
{
	const struct segment_entry *entry = &c->entries[ordinal];
	struct holding *holding = holdings[entry->number];
	struct parts *parts;
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
	shelf_add(holding, events, entry->bytes);
	shelf_unread(holding, ordinal);
	segment->living_bytes += journal_entry_cost(holding, entry);
	atomic_fetch_add(&j->reserved, journal_entry_cost(holding, entry));
	atomic_fetch_add(&j->counts.recovered_records, 1);
	atomic_fetch_add(&j->counts.recovered_events, events);
	return true;
}

static bool
load(struct journal *j, struct segment *segment, struct contents *c)
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
load_done(struct journal *j, struct job *job)
{
	struct segment *segment = job->segment;
	struct holding *holding;

	/* Without memory it stays unread, and is found at the next start. */
	if (!load(j, segment, &job->contents))
		segment->stuck = true;
	segment->loaded = true;
	if (job->contents.damage_count > 0)
		atomic_fetch_add(&j->counts.damaged_segments, 1);
	atomic_fetch_sub(&j->reserved, segment->size);
	for (uint32_t i = 0; i < segment->holding_count; i++) {
		holding = segment->holdings[i];
		fetch_hungry(j, holding->shelf);
	}
}

void
recover_done(struct journal *j, struct job *job)
{
	struct recover *r = j->recover;

	r->out = false;
	if (job->kind != JOB_SETTLED)
		j->quarantine_room = job->quarantine_room;
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

static void
begin_job(struct journal *j, enum job_kind kind, struct segment *segment)
{
	struct job *job = job_new(kind, segment);

	if (job == NULL)
		return;
	job->whole = kind == JOB_VERIFY;
	job->quarantine_room = kind == JOB_SETTLED ? 0 : j->quarantine_room;
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
	struct recover *r = j->recover;

	for (uint32_t i = 0; i < r->count; i++) {
		struct segment *segment = r->segments[i];

		if (segment == NULL || segment->limit > SEGMENT_HEADER ||
		    segment->busy > 0)
			continue;
		r->segments[i] = NULL;
		segment->broken = false;
		journal_take_out(j, segment);
	}
}

static void
next_phase(struct journal *j)
{
	struct recover *r = j->recover;

	if (r->phase == PHASE_SETTLED && r->at == 0)
		r->phase = PHASE_LOAD;
	if (r->phase == PHASE_LOAD && r->at == r->count) {
		r->phase = PHASE_VERIFY;
		r->at = 0;
		atomic_store(&j->counts.recovering, false);
		take_out_void(j);
		journal_recycle(j);
	}
}

void
recover_step(struct journal *j)
{
	struct recover *r = j->recover;

	if (r->out || r->phase == PHASE_DONE)
		return;
	next_phase(j);
	if (r->phase == PHASE_SETTLED) {
		begin_job(j, JOB_SETTLED, r->segments[r->at - 1]);
		return;
	}
	if (r->phase == PHASE_LOAD) {
		begin_job(j, JOB_LOAD, r->segments[r->at]);
		return;
	}
	/* Those that are recycled meanwhile need no looking at. */
	while (r->at < r->count && r->segments[r->at] == NULL) {
		atomic_fetch_sub(&j->counts.unverified, 1);
		r->at++;
	}
	if (r->at == r->count)
		r->phase = PHASE_DONE;
	else if (j->jobs == NULL && j->jobs_out == 0)
		begin_job(j, JOB_VERIFY, r->segments[r->at]);
}
