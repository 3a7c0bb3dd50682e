#include "gateway/transmit/lane.h"

#include <assert.h>
#include <string.h>

/* clang-format off */
static const enum lane_state next[LANE_STATES][LANE_EVENTS] = {
/*		    ok		  later		refused */
[LANE_FLOWING] = { LANE_FLOWING, LANE_WAITING, LANE_WAITING },
[LANE_WAITING] = { LANE_FLOWING, LANE_WAITING, LANE_HELD },
[LANE_HELD]    = { LANE_FLOWING, LANE_WAITING, LANE_HELD },
};
/* clang-format on */

enum lane_state
lane_next(enum lane_state state, enum lane_event event)
{
	return next[state][event];
}

void
lane_add(struct lane *lane, struct record *record)
{
	if (lane->table != record->table ||
	    lane->serial != record->table->serial) {
		assert(lane->head == NULL && lane->in_flight == 0);
		lane->table = record->table;
		lane->serial = record->table->serial;
		lane->seen = (struct spool_counts){ 0 };
		lane->state = LANE_FLOWING;
		lane->level = 0;
		lane->told = false;
	}
	record->next = NULL;
	record->prev = lane->tail;
	if (lane->tail != NULL)
		lane->tail->next = record;
	else
		lane->head = record;
	lane->tail = record;
	lane->queued_events += record->events;
	lane->queued_bytes += record->bytes;
}

static void
unlink_record(struct lane *lane, struct record *record)
{
	if (record->prev != NULL)
		record->prev->next = record->next;
	else
		lane->head = record->next;
	if (record->next != NULL)
		record->next->prev = record->prev;
	else
		lane->tail = record->prev;
	record->next = record->prev = NULL;
}

void
lane_remove(struct lane *lane, struct record *record)
{
	lane->queued_events -= record->events - record->cut_events;
	lane->queued_bytes -= record->bytes - record->cut_bytes;
	unlink_record(lane, record);
}

static struct instant
earlier(struct instant a, struct instant b)
{
	return a.ns < b.ns ? a : b;
}

static struct instant
fresh_due(const struct lane *lane, bool draining)
{
	const struct batch_options *batch;

	if (lane->head == NULL)
		return INSTANT_NEVER;
	batch = &lane->table->options.batch;
	if (draining || lane->queued_events >= batch->max_events ||
	    lane->queued_bytes >= batch->max_bytes)
		return lane->head->accepted;
	return (struct instant){ lane->head->accepted.ns +
				 (int64_t)batch->linger_ms * NS_PER_MS };
}

static struct instant
retry_due(const struct lane *lane)
{
	struct instant due = INSTANT_NEVER;

	for (const struct batch *b = lane->retries; b != NULL; b = b->next)
		due = earlier(due, b->due);
	return due;
}

struct instant
lane_due(const struct lane *lane, bool draining)
{
	struct instant due =
	    earlier(fresh_due(lane, draining), retry_due(lane));

	if (lane->state == LANE_FLOWING)
		return due;
	if (lane->probe != NULL)
		return INSTANT_NEVER;
	return due.ns > lane->until.ns ? due : lane->until;
}

/* Of a record that does not fit whole: as many lines as do. */
static struct batch_part
measure(struct record *record, uint64_t events, uint64_t bytes)
{
	const char *start = record->lines + record->cut_bytes, *at = start;
	const char *end = record->lines + record->bytes, *newline;
	struct batch_part part = { record, record->cut_bytes,
		record->cut_events, 0, 0 };

	if ((uint64_t)(end - start) > bytes)
		end = start + bytes;
	while (part.events < events && at < end) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (newline == NULL)
			break;
		at = newline + 1;
		part.events++;
	}
	part.bytes = (uint32_t)(at - start);
	return part;
}

static struct batch_part
part_of(struct record *record, uint64_t events, uint64_t bytes)
{
	struct batch_part whole = { record, record->cut_bytes,
		record->cut_events, record->bytes - record->cut_bytes,
		record->events - record->cut_events };

	if (whole.events <= events && whole.bytes <= bytes)
		return whole;
	return measure(record, events, bytes);
}

/* Names what the next fresh batch would hold; changes nothing in the lane. */
static bool
plan(const struct lane *lane, struct batch *batch)
{
	uint64_t max_events = lane->table->options.batch.max_events;
	uint64_t max_bytes = lane->table->options.batch.max_bytes;
	struct batch_part part;

	for (struct record *r = lane->head; r != NULL; r = r->next) {
		part = part_of(
		    r, max_events - batch->events, max_bytes - batch->bytes);
		if (part.events > 0 && !batch_plan(batch, part))
			return false;
		if (part.events < r->events - r->cut_events)
			break;
	}
	/* A line that fits no batch was refused at the edge. */
	assert(batch->events > 0);
	return true;
}

static struct batch *
first_due(const struct lane *lane, struct instant now)
{
	struct batch *b = lane->retries;

	while (b != NULL && b->due.ns > now.ns)
		b = b->next;
	return b;
}

struct batch *
lane_pick(struct lane *lane, struct batch *spare, struct instant now,
    bool draining, bool *oom_out)
{
	struct batch *retry;
	bool fresh;

	if (lane_due(lane, draining).ns > now.ns)
		return NULL;
	retry = first_due(lane, now);
	fresh = fresh_due(lane, draining).ns <= now.ns;
	if (retry != NULL &&
	    (!fresh || lane->fresh_last || retry->attempts == 0))
		return retry; /* no attempts: not at fault, so first */
	if (!fresh)
		return NULL;
	spare->lane = lane;
	if (plan(lane, spare))
		return spare;
	*oom_out = true;
	return NULL;
}

/* What was planned leaves the queue. */
static bool
cut(struct lane *lane, struct batch *batch)
{
	struct record *r;

	if (!batch_fill(batch))
		return false;
	for (uint32_t i = 0; i < batch->part_count; i++) {
		r = batch->parts[i].record;
		r->cut_events += batch->parts[i].events;
		r->cut_bytes += batch->parts[i].bytes;
		if (r->cut_events == r->events)
			unlink_record(lane, r);
	}
	lane->queued_events -= batch->events;
	lane->queued_bytes -= batch->bytes;
	return true;
}

bool
lane_send(struct lane *lane, struct batch *batch)
{
	bool fresh = batch->call == 0;

	if (!fresh)
		lane_retry_remove(lane, batch);
	else if (!cut(lane, batch))
		return false;
	lane->fresh_last = fresh;
	lane->probe = lane->state != LANE_FLOWING ? batch : NULL;
	lane->in_flight++;
	return true;
}

void
lane_retry(struct lane *lane, struct batch *batch)
{
	batch->next = NULL;
	if (lane->retries_tail != NULL)
		lane->retries_tail->next = batch;
	else
		lane->retries = batch;
	lane->retries_tail = batch;
}

void
lane_retry_first(struct lane *lane, struct batch *batch)
{
	batch->next = lane->retries;
	lane->retries = batch;
	if (lane->retries_tail == NULL)
		lane->retries_tail = batch;
}

void
lane_retry_remove(struct lane *lane, struct batch *batch)
{
	struct batch **link = &lane->retries, *before = NULL;

	while (*link != batch) {
		before = *link;
		link = &before->next;
	}
	*link = batch->next;
	if (lane->retries_tail == batch)
		lane->retries_tail = before;
	batch->next = NULL;
}

void
lane_back(struct lane *lane, const struct batch *batch)
{
	lane->in_flight--;
	if (lane->probe == batch)
		lane->probe = NULL;
}

bool
lane_answered(struct lane *lane, const struct batch *batch,
    enum lane_event event, uint64_t calls)
{
	enum lane_state was = lane->state;

	if (batch->call <= lane->moved_at_call)
		return false;
	lane->state = lane_next(was, event);
	lane->level = lane->state == was ? lane->level + 1 : 1;
	if (lane->state == LANE_FLOWING)
		lane->level = 0;
	if (lane->state == LANE_FLOWING && was == LANE_FLOWING)
		return false;
	lane->moved_at_call = calls;
	lane->fresh_last &= was != LANE_FLOWING; /* another one probes first */
	return true;
}
