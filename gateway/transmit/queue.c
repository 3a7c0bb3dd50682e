#include "gateway/transmit/queue.h"

/* How far a record is put right among the old ones. */
#define STEPS_MOST 64

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
	if (queue->live == record)
		queue->live = record->next;
	if (queue->old == record)
		queue->old = record->prev;
	*(record->prev != NULL ? &record->prev->next : &queue->head) =
	    record->next;
	*(record->next != NULL ? &record->next->prev : &queue->tail) =
	    record->prev;
	record->next = record->prev = NULL;
}

/* Among the old ones, behind those that are older. */
static void
link_old(struct queue *queue, struct record *record)
{
	struct record *before = queue->old;
	int steps = 0;

	while (before != NULL && steps++ < STEPS_MOST &&
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

void
queue_add(struct queue *queue, struct record *record, struct instant now,
    int64_t old_ms)
{
	bool is_live = now.ns - record->accepted.ns < QUEUE_LIVE_NS;
	bool none = queue->tail == queue->old;

	queue->events += record->events - record->cut_events;
	queue->bytes += record->bytes - record->cut_bytes;
	if (record->earliest_ms < old_ms) {
		link_old(queue, record);
		return;
	}
	note_earliest(queue, record, none);
	if (!is_live && queue->live != NULL) {
		link_behind(queue, queue->live->prev, record);
		return;
	}
	link_behind(queue, queue->tail, record);
	if (is_live && queue->live == NULL)
		queue->live = record;
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
	if (record->cut_events == record->events)
		unlink_record(queue, record);
}

struct record *
queue_first(struct queue *queue, struct instant now, int64_t linger_ns)
{
	struct record *live;

	while ((live = queue->live) != NULL &&
	       now.ns - live->accepted.ns >= QUEUE_LIVE_NS + 2 * linger_ns)
		queue->live = live->next;
	if (live == NULL || queue->live_last ||
	    now.ns - live->accepted.ns < linger_ns)
		return queue->head;
	return live;
}

void
queue_turn(struct queue *queue, const struct record *first)
{
	queue->live_last = first == queue->live && first != queue->head;
}

void
queue_age(struct queue *queue, int64_t old_ms)
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
