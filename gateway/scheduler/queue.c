#include "gateway/scheduler/queue.h"

/* How far a record is sorted in. */
#define STEPS_MAX 64

static void
link_behind(struct queue *queue, struct record *before, struct record *record)
{
	struct record *after = before != NULL ? before->next : queue->head;

	record->prev = before;
	record->next = after;
	*(before != NULL ? &before->next : &queue->head) = record;
	*(after != NULL ? &after->prev : &queue->tail) = record;
}

static void
unlink_record(struct queue *queue, struct record *record)
{
	if (queue->fair != NULL)
		fair_queue_remove(queue->fair, record);
	if (queue->live == record)
		queue->live = record->next;
	if (queue->old == record)
		queue->old = record->prev;
	*(record->prev != NULL ? &record->prev->next : &queue->head) =
	    record->next;
	*(record->next != NULL ? &record->next->prev : &queue->tail) =
	    record->prev;
	record->next = record->prev = NULL;
	if (queue->head == NULL) {
		fair_queue_close(queue->fair);
		queue->fair = NULL;
	}
}

/* Among the old ones, behind those that are older. */
static void
link_old(struct queue *queue, struct record *record)
{
	struct record *before = queue->old;
	int steps = 0;

	while (before != NULL && steps++ < STEPS_MAX &&
	       before->earliest_ms > record->earliest_ms)
		before = before->prev;
	link_behind(queue, before, record);
	if (before == queue->old)
		queue->old = record;
}

static void
note_earliest(struct queue *queue, const struct record *record, bool only)
{
	if (only || record->earliest_ms < queue->earliest_ms)
		queue->earliest_ms = record->earliest_ms;
}

/* The last record before the live ones, or of all. */
static struct record *
last_of(const struct queue *queue, bool live)
{
	return live || queue->live == NULL ? queue->tail : queue->live->prev;
}

/* From `behind` on: behind all whose tag is not later. */
static struct record *
forward(const struct queue *queue, const struct record *record,
    struct record *behind)
{
	const struct record *last = last_of(queue, record->live);
	struct record *next = behind != NULL ? behind->next : queue->head;
	int steps = 0;

	while (behind != last && next->finish_tag <= record->finish_tag &&
	       steps++ < STEPS_MAX) {
		behind = next;
		next = next->next;
	}
	return behind;
}

/* From the end: behind the last whose tag is not later. */
static struct record *
backward(const struct queue *queue, const struct record *record,
    const struct record *start)
{
	struct record *behind = last_of(queue, record->live);
	int steps = 0;

	while (behind != start && behind->finish_tag > record->finish_tag &&
	       steps++ < STEPS_MAX)
		behind = behind->prev;
	return behind;
}

/*
 * Its position in a section that is not empty.  When it is not found within
 * some steps, producers that had little go too early and those that had much
 * too late.
 */
static struct record *
position_of(struct queue *queue, struct record *record)
{
	struct record *start = record->live ? queue->live->prev : queue->old;
	bool early;
	struct record *behind = fair_queue_add(queue->fair, record, &early);

	if (last_of(queue, record->live)->finish_tag <= record->finish_tag)
		return last_of(queue, record->live);
	if (behind != NULL || early)
		return forward(queue, record, behind != NULL ? behind : start);
	return backward(queue, record, start);
}

static bool
uses_fair_queue(struct queue *queue, const struct record *record, bool crowded)
{
	if (queue->fair == NULL && crowded && record->producer != NULL)
		queue->fair = fair_queue_open();
	return queue->fair != NULL;
}

/* Into the backlog, or among the live ones. */
static void
link_in_order(struct queue *queue, struct record *record, bool crowded)
{
	const struct record *first = queue->live;
	struct record *behind = last_of(queue, record->live);
	bool empty = record->live ? first == NULL : behind == queue->old, early;

	if (uses_fair_queue(queue, record, crowded)) {
		if (empty)
			fair_queue_add(queue->fair, record, &early);
		else
			behind = position_of(queue, record);
	}
	link_behind(queue, behind, record);
	if (record->live && (first == NULL || first->prev == record))
		queue->live = record;
}

void
queue_add(struct queue *queue, struct record *record, struct instant now,
    int64_t old_ms, bool crowded)
{
	bool none = queue->tail == queue->old;

	record->live = now.ns - record->accepted.ns < QUEUE_LIVE_NS;
	record->finish_tag = 0;
	queue->events += record->events - record->cut_events;
	queue->bytes += record->bytes - record->cut_bytes;
	if (record->earliest_ms < old_ms) {
		link_old(queue, record);
		return;
	}
	note_earliest(queue, record, none);
	link_in_order(queue, record, crowded);
}

void
queue_remove(struct queue *queue, struct record *record)
{
	queue->events -= record->events - record->cut_events;
	queue->bytes -= record->bytes - record->cut_bytes;
	unlink_record(queue, record);
}

void
queue_cut(
    struct queue *queue, struct record *record, uint32_t events, uint32_t bytes)
{
	record->cut_events += events;
	record->cut_bytes += bytes;
	queue->events -= events;
	queue->bytes -= bytes;
	if (queue->fair != NULL)
		fair_queue_sent(queue->fair, record);
	if (record->cut_events == record->events)
		unlink_record(queue, record);
}

struct record *
queue_first(struct queue *queue, struct instant now, int64_t linger_ns)
{
	struct record *live;

	while ((live = queue->live) != NULL &&
	       now.ns - live->accepted.ns >= QUEUE_LIVE_NS + 2 * linger_ns) {
		queue->live = live->next;
		if (queue->fair != NULL)
			fair_queue_to_backlog(queue->fair, live);
		live->live = false;
	}
	if (live == NULL || queue->live_last ||
	    now.ns - live->accepted.ns < linger_ns)
		return queue->head;
	return live;
}

void
queue_batch_cut(struct queue *queue, const struct record *first)
{
	queue->live_last = first == queue->live && first != queue->head;
}

void
queue_move_old(struct queue *queue, int64_t old_ms)
{
	struct record *r, *next;
	bool none = true;

	r = queue->old != NULL ? queue->old->next : queue->head;
	if (r == NULL || queue->earliest_ms >= old_ms)
		return;
	for (; r != NULL; r = next) {
		next = r->next;
		if (r->earliest_ms < old_ms) {
			unlink_record(queue, r);
			link_old(queue, r);
			continue;
		}
		note_earliest(queue, r, none);
		none = false;
	}
}
