#include "gateway/journal/capacity.h"

#include <stdatomic.h>

#include "gateway/journal/segment_footer.h"

#define SEGMENTS_LEAST 6
#define LEFT_LEAST     1024 /* a segment with less is as good as full */
#define TABLES_PART    32   /* of a segment, for the names in its footer */

/*
 * Two segments' worth are not used for segments: one is for when there is no
 * other way (is_stuck), and in the other the lock must fit, and what is put
 * aside as damaged.  What is put aside beyond that, segments make room for.
 */
uint32_t
capacity_segments(const struct journal_options *o, uint64_t quarantine_bytes)
{
	uint64_t count = o->max_bytes / o->segment_bytes;
	uint64_t half = o->segment_bytes / 2, lost = 2;

	if (quarantine_bytes > half)
		lost += (quarantine_bytes - half + o->segment_bytes - 1) /
			o->segment_bytes;
	count = count > lost ? count - lost : 0;
	return count > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)count;
}

/* What surely fits one segment: not the end that a large record jumps over. */
uint64_t
capacity_of_segment(const struct journal_options *o)
{
	uint64_t lost = SEGMENT_HEADER + segment_footer_room(0, 3, 0) +
			o->segment_bytes / TABLES_PART + FRAME_HEADER +
			TABLE_NAME_MAX + o->largest_bytes + COST_EXTRA;

	return lost < o->segment_bytes ? o->segment_bytes - lost : 0;
}

bool
capacity_check(const struct journal_options *o, struct err *err)
{
	if (capacity_segments(o, 0) < SEGMENTS_LEAST - 2)
		return err_set(err, ERR_INPUT, 0,
		    "max_bytes must be at least %d times segment_bytes",
		    SEGMENTS_LEAST);
	if (capacity_of_segment(o) < o->segment_bytes / 2)
		return err_set(err, ERR_INPUT, 0,
		    "segment_bytes is too small for records of %llu bytes",
		    (unsigned long long)o->largest_bytes);
	return true;
}

uint32_t
capacity_free(const struct journal *j)
{
	return j->free.count - j->to_unlink;
}

/* Is too little room left in it to be worth writing on? */
static bool
is_full(const struct segment *segment)
{
	return segment->tail + LEFT_LEAST +
		   segment_footer_room((uint64_t)segment->records + 1, 3,
		       (uint64_t)segment->table_count + 1) >
	       segment->size;
}

/*
 * What power cuts and failures leave may be all segments in use, the last one
 * full, and none to copy to.  For that there is one more below max_bytes.
 */
static bool
is_stuck(const struct journal *j)
{
	const struct segment *last = j->used.last;

	return capacity_free(j) == 0 && last != NULL && last->loaded &&
	       is_full(last);
}

uint32_t
capacity_creatable(const struct journal *j)
{
	uint32_t there = j->used.count + j->free.count + j->removing;
	uint32_t most = j->segments_most;

	if (there == most && is_stuck(j))
		most++;
	return j->create_failed || there >= most ? 0 : most - there;
}

void
capacity_publish_limit(struct journal *j)
{
	uint32_t count =
	    j->used.count + capacity_free(j) + capacity_creatable(j);

	atomic_store(&j->counts.segments, j->used.count + j->free.count);
	atomic_store(&j->limit, count > CAPACITY_KEPT_BACK
				    ? (count - CAPACITY_KEPT_BACK) *
					  capacity_of_segment(&j->options)
				    : 0);
}

static void
remove_file(struct journal *j, struct segment *segment)
{
	struct io_job *job = io_job_new(IO_JOB_REMOVE, NULL);

	if (job != NULL) {
		job->id = segment->id;
		job->file = segment->file;
		j->removing++;
		journal_state_give_job(j, job);
	} /* else it is found again at the next start */
	segment_free(segment);
}

/*
 * A dead segment may be overwritten or removed only after all that died before
 * it: its acks may speak of records in those.
 */
static void
unlink_dead(struct journal *j)
{
	if (j->open != NULL && j->open->tail == SEGMENT_HEADER)
		return; /* the one before it is not overwritten yet */
	while (j->free.first != NULL && j->free.first->to_unlink) {
		j->to_unlink--;
		remove_file(j, segment_list_pop(&j->free));
	}
}

/* It need not be verified any more. */
static void
forget_found(struct journal *j, const struct segment *segment)
{
	for (uint32_t i = 0; i < j->found_count; i++)
		if (j->found[i] == segment)
			j->found[i] = NULL;
}

void
capacity_recycle(struct journal *j)
{
	struct segment *s;

	while ((s = j->used.first) != NULL && s->state != SEGMENT_OPEN &&
	       s->loaded && s->living == 0 && s->busy == 0) {
		segment_list_pop(&j->used);
		forget_found(j, s);
		journal_state_forget_cached(j, s);
		journal_state_forget_tables(s);
		segment_clear(s);
		s->broken = false; /* its next life has other bytes */
		s->to_unlink =
		    s->foreign_size ||
		    j->used.count + capacity_free(j) >= j->segments_most;
		j->to_unlink += s->to_unlink;
		segment_list_push(&j->free, s);
		j->freed++;
	}
	unlink_dead(j);
	capacity_publish_limit(j);
}

enum capacity_reopen
capacity_ask_reopen(const struct journal *j)
{
	const struct segment *last = j->used.last;

	/*
	 * Whether a commit that failed says somewhere that this one ends
	 * here, nobody knows: then nothing may be written behind that end.
	 */
	if (j->open != NULL || last == NULL || last->foreign_size ||
	    last->aborted_tried ||
	    capacity_free(j) + capacity_creatable(j) > CAPACITY_KEPT_BACK)
		return CAPACITY_NEW_SEGMENT;
	if (!last->loaded || atomic_load(&j->counts.recovering))
		return CAPACITY_REOPENS;
	if (is_full(last))
		return CAPACITY_NEW_SEGMENT;
	return j->reopen_failed ? CAPACITY_REOPEN_FAILS : CAPACITY_REOPENS;
}
