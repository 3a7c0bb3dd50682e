#include "gateway/journal/compaction_source.h"

#include <stdlib.h>

#include "gateway/journal/capacity.h"

#define SHORT_OF  2 /* free segments or fewer: room is short */
#define LOG_LEAST 4 /* segments; a smaller log is left alone */

static bool
may_be_source(const struct segment *segment)
{
	return segment->state != SEGMENT_OPEN && segment->loaded &&
	       segment->living > 0 && !segment->uncompactable &&
	       !segment->zeroing;
}

/* Room in segments that are not written to any more, if each has `room`. */
static uint64_t
dead_bytes(const struct journal *j, uint64_t room)
{
	uint64_t dead = 0;

	for (struct segment *s = j->used.first; s != NULL; s = s->next)
		if (s->state != SEGMENT_OPEN && s->living_bytes < room)
			dead += room - s->living_bytes;
	return dead;
}

bool
compaction_source_is_short(const struct journal *j)
{
	return capacity_free(j) + capacity_creatable(j) <= SHORT_OF;
}

/* Copying pays only where there is a segment's worth to be won. */
struct segment *
compaction_source_candidate(const struct journal *j)
{
	uint64_t dead, size = j->options.segment_bytes;
	uint64_t room = capacity_of_segment(&j->options);
	struct segment *s = j->used.first;

	/*
	 * Compacting a segment that is not the oldest takes room and frees
	 * none: only the oldest can be reused.
	 */
	for (; s != NULL && !compaction_source_is_short(j); s = s->next)
		if (s->broken && may_be_source(s))
			return s;
	s = j->used.first;
	if (s == NULL || !may_be_source(s))
		return NULL;
	if (capacity_free(j) + capacity_creatable(j) < SHORT_OF &&
	    dead_bytes(j, size) >= size)
		return s; /* room is counted on the safe side */
	dead = dead_bytes(j, room);
	if (compaction_source_is_short(j))
		return dead >= room ? s : NULL;
	if (j->used.count > LOG_LEAST && dead > j->used.count * room / 2)
		return s;
	return NULL;
}

bool
compaction_source_can_help(const struct journal *j)
{
	if (atomic_load(&j->counts.recovering))
		return false;
	return j->compaction->source != NULL ||
	       compaction_source_candidate(j) != NULL;
}

bool
compaction_source_is(const struct journal *j, const struct segment *segment)
{
	return j->compaction->source == segment;
}

uint64_t
compaction_source_bytes_left(const struct journal *j)
{
	const struct segment *source = j->compaction->source;

	source = source == NULL ? j->used.first : source;
	return source == j->used.first && source != j->open && source != NULL
		   ? source->living_bytes
		   : 0;
}

void
compaction_source_note(struct journal *j, struct record_ref *ref)
{
	if (ref->segment == j->compaction->source &&
	    j->compaction->refs != NULL)
		j->compaction->refs[ref->ordinal] = ref;
}

void
compaction_source_forget(struct journal *j, struct record_ref *ref)
{
	if (ref->segment == j->compaction->source &&
	    j->compaction->refs != NULL)
		j->compaction->refs[ref->ordinal] = NULL;
}

void
compaction_source_drop(struct journal *j, const struct segment *segment)
{
	struct compaction *c = j->compaction;

	if (c->source != segment || c->reading)
		return;
	io_job_free(c->ready, j->now);
	c->ready = NULL;
	c->staged = c->committed = 0;
	c->source->busy--;
	c->source = NULL;
	free(c->refs);
	c->refs = NULL;
}
