#include "gateway/scheduler/lane.h"

#include <assert.h>
#include <string.h>

#define PROBE_EVENTS 1 /* of a held lane */

/* clang-format off */
static const enum lane_state transitions[LANE_STATES][LANE_EVENTS] = {
[LANE_FLOWING]   = { [LANE_OK]    = LANE_FLOWING,
		     [LANE_LATER] = LANE_WAITING,
		     [LANE_HOLD]  = LANE_HELD,
		     [LANE_SPLIT] = LANE_SPLITTING,
		     [LANE_WHOLE] = LANE_FLOWING },
[LANE_WAITING]   = { [LANE_OK]    = LANE_FLOWING,
		     [LANE_LATER] = LANE_WAITING,
		     [LANE_HOLD]  = LANE_HELD,
		     [LANE_SPLIT] = LANE_SPLITTING,
		     [LANE_WHOLE] = LANE_WAITING },
[LANE_HELD]      = { [LANE_OK]    = LANE_FLOWING,
		     [LANE_LATER] = LANE_WAITING,
		     [LANE_HOLD]  = LANE_HELD,
		     [LANE_SPLIT] = LANE_SPLITTING,
		     [LANE_WHOLE] = LANE_HELD },
[LANE_SPLITTING] = { [LANE_OK]    = LANE_SPLITTING,
		     [LANE_LATER] = LANE_WAITING,
		     [LANE_HOLD]  = LANE_HELD,
		     [LANE_SPLIT] = LANE_SPLITTING,
		     [LANE_WHOLE] = LANE_FLOWING },
};
/* clang-format on */

enum lane_state
lane_next(enum lane_state state, enum lane_event event)
{
	return transitions[state][event];
}

bool
lane_has_more(const struct lane *lane)
{
	return lane->queue.head != NULL || lane->in_flight > 0 ||
	       lane->batches[LANE_PIECES].first != NULL ||
	       lane->batches[LANE_RETRIES].first != NULL;
}

/* Another table: nothing that was learned holds any more. */
static void
reset(struct lane *lane, struct table *table)
{
	assert(!lane_has_more(lane));
	assert(lane->batches[LANE_CANDIDATES].first == NULL);
	lane->table = table;
	lane->serial = table->serial;
	lane->counted = (struct spool_counts){ 0 };
	lane->state = LANE_FLOWING;
	lane->failures = 0;
	lane->logged = false;
	lane->one_by_one = lane->undetermined = false;
	lane->refusals = lane->singles = lane->pieces_refused = 0;
	lane->any_ok = lane->fast = false;
	lane->unauthorized = 0;
	lane->refused_at = 0;
	lane->cap_bytes = 0;
	lane->bursts = false;
	lane->warned_until = (struct instant){ 0 };
}

static struct instant
earlier(struct instant a, struct instant b)
{
	return a.ns < b.ns ? a : b;
}

/* A 413 may have taught a smaller limit. */
static uint64_t
max_bytes(const struct lane *lane)
{
	uint64_t configured = lane->table->options.batch.max_bytes;

	return lane->cap_bytes > 0 && lane->cap_bytes < configured
		   ? lane->cap_bytes
		   : configured;
}

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t
max_events(const struct lane *lane)
{
	const struct batch_options *o = &lane->table->options.batch;

	return lane->bursts ? larger(o->max_events, o->burst_events)
			    : o->max_events;
}

void
lane_add(struct lane *lane, struct record *record, struct instant now,
    int64_t old_ms)
{
	if (lane->table != record->table ||
	    lane->serial != record->table->serial)
		reset(lane, record->table);
	queue_add(&lane->queue, record, now, old_ms,
	    lane->queue.events >= max_events(lane));
}

static int64_t
linger_ns(const struct lane *lane)
{
	const struct batch_options *o = &lane->table->options.batch;

	return (int64_t)(lane->bursts ? larger(o->linger_ms, o->burst_linger_ms)
				      : o->linger_ms) *
	       NS_PER_MS;
}

static struct instant
fresh_due(const struct lane *lane, bool draining)
{
	if (lane->queue.head == NULL)
		return INSTANT_NEVER;
	if (draining || lane->queue.events >= max_events(lane) ||
	    lane->queue.bytes >= max_bytes(lane))
		return lane->queue.head->accepted;
	return (
	    struct instant){ lane->queue.head->accepted.ns + linger_ns(lane) };
}

static struct instant
retry_due(const struct lane *lane)
{
	const struct batch *b = batch_of(lane->batches[LANE_RETRIES].first);
	struct instant due = INSTANT_NEVER;

	for (; b != NULL; b = batch_next(b))
		due = earlier(due, b->due);
	return due;
}

static bool
pieces_alone(const struct lane *lane)
{
	return lane->state == LANE_SPLITTING && lane->one_by_one;
}

/* Disregarding `until`. */
static struct instant
work_due(const struct lane *lane, bool draining)
{
	const struct batch *piece = batch_of(lane->batches[LANE_PIECES].first);

	if (pieces_alone(lane) && lane->pieces_in_flight > 0)
		return INSTANT_NEVER;
	if (piece != NULL)
		return piece->due;
	return earlier(fresh_due(lane, draining), retry_due(lane));
}

struct instant
lane_due(const struct lane *lane, bool draining)
{
	struct instant due = work_due(lane, draining);

	if (lane->state == LANE_FLOWING || lane->state == LANE_SPLITTING)
		return due;
	if (lane->probe != NULL)
		return INSTANT_NEVER;
	return due.ns > lane->until.ns ? due : lane->until;
}

/* Of a record that does not fit whole: the lines that do. */
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

uint64_t
lane_max_events(const struct lane *lane)
{
	return max_events(lane);
}

/*
 * Plans the next fresh batch; changes nothing in the lane.  A line larger than
 * the limit is sent alone.
 */
static bool
plan(struct lane *lane, struct batch *batch, struct instant now)
{
	uint64_t events =
	    lane->state == LANE_HELD ? PROBE_EVENTS : max_events(lane);
	uint64_t bytes = max_bytes(lane);
	struct batch_part part;

	struct record *r = queue_first(&lane->queue, now, linger_ns(lane));

	for (; r != NULL; r = r->next) {
		part = part_of(r, events - batch->events, bytes - batch->bytes);
		if (part.events == 0 && batch->events == 0)
			part = part_of(r, 1, r->bytes);
		if (part.events > 0 && !batch_plan(batch, part))
			return false;
		if (part.events < r->events - r->cut_events ||
		    batch->bytes >= bytes)
			break;
	}
	assert(batch->events > 0);
	return true;
}

static struct batch *
first_due(const struct lane *lane, struct instant now)
{
	struct batch *b = batch_of(lane->batches[LANE_PIECES].first);

	if (b != NULL)
		return b;
	b = batch_of(lane->batches[LANE_RETRIES].first);
	while (b != NULL && b->due.ns > now.ns)
		b = batch_next(b);
	return b;
}

struct batch *
lane_pick(struct lane *lane, struct batch *spare, struct instant now,
    bool draining, bool *oom_out)
{
	struct batch *again;
	bool fresh;

	if (lane_due(lane, draining).ns > now.ns)
		return NULL;
	again = first_due(lane, now);
	fresh = fresh_due(lane, draining).ns <= now.ns;
	if (again != NULL &&
	    (!fresh || lane->fresh_last || again->attempts == 0))
		return again; /* it did not fail: first */
	if (!fresh)
		return NULL;
	spare->lane = lane;
	if (plan(lane, spare, now))
		return spare;
	*oom_out = true;
	return NULL;
}

/* A held lane probes with one event; a 413 may have limited the bytes. */
static uint32_t
events_to_send(const struct batch *batch)
{
	const struct lane *lane = batch->lane;
	uint64_t events = batch->events;

	if (lane->state == LANE_HELD)
		return PROBE_EVENTS;
	if (lane->cap_bytes > 0 && batch->bytes > lane->cap_bytes)
		events = events * lane->cap_bytes / batch->bytes;
	return events > 0 ? (uint32_t)events : 1;
}

struct batch *
lane_trim(struct batch *batch, struct batch_pool *pool)
{
	uint32_t events = events_to_send(batch);
	struct batch *front;

	if (events >= batch->events)
		return batch;
	front = batch_take(pool);
	if (front == NULL)
		return batch;
	if (!batch_split(batch, events, front)) {
		batch_give(pool, front);
		return batch;
	}
	front->attempts = batch->attempts;
	front->piece = batch->piece;
	list_push_front(batch->node.in, &front->node);
	return front;
}

/* Fills the batch with what was planned, and cuts that from the queue. */
static bool
cut(struct lane *lane, struct batch *batch)
{
	if (!batch_fill(batch))
		return false;
	queue_batch_cut(&lane->queue, batch->parts[0].record);
	for (uint32_t i = 0; i < batch->part_count; i++)
		queue_cut(&lane->queue, batch->parts[i].record,
		    batch->parts[i].events, batch->parts[i].bytes);
	return true;
}

bool
lane_cut_old(struct lane *lane, struct batch *batch)
{
	struct record *r = lane->queue.head;
	uint64_t most = lane->table->options.batch.max_bytes;

	batch->lane = lane;
	return batch_plan(batch, part_of(r, max_events(lane), most)) &&
	       cut(lane, batch);
}

bool
lane_send(struct lane *lane, struct batch *batch)
{
	bool fresh = batch->node.in == NULL;

	if (!fresh)
		list_remove(&batch->node);
	else if (!cut(lane, batch))
		return false;
	lane->fresh_last = fresh;
	if (lane->state == LANE_WAITING || lane->state == LANE_HELD)
		lane->probe = batch;
	lane->in_flight++;
	lane->pieces_in_flight += batch->piece;
	return true;
}

void
lane_retry(struct lane *lane, struct batch *batch)
{
	batch->piece = false;
	list_push_back(&lane->batches[LANE_RETRIES], &batch->node);
}

void
lane_retry_first(struct lane *lane, struct batch *batch)
{
	batch->piece = false;
	list_push_front(&lane->batches[LANE_RETRIES], &batch->node);
}

void
lane_done(struct lane *lane, const struct batch *batch)
{
	lane->in_flight--;
	lane->pieces_in_flight -= batch->piece;
	if (lane->probe == batch)
		lane->probe = NULL;
}

static bool
is_stopped(enum lane_state state)
{
	return state == LANE_WAITING || state == LANE_HELD;
}

bool
lane_move(struct lane *lane, enum lane_event event, uint64_t calls)
{
	enum lane_state was = lane->state;

	lane->state = lane_next(was, event);
	if (!is_stopped(lane->state)) {
		lane->failures = 0;
		if (!is_stopped(was))
			return false;
	} else {
		lane->failures = lane->state == was ? lane->failures + 1 : 1;
	}
	lane->moved_at_call = calls;
	lane->fresh_last &= is_stopped(was); /* the other kind probes first */
	return true;
}

bool
lane_answered(struct lane *lane, const struct batch *batch,
    enum lane_event event, uint64_t calls)
{
	return batch->call > lane->moved_at_call &&
	       lane_move(lane, event, calls);
}
