#include "gateway/spool/submit_queue.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

void
submit_queue_ring(struct submit_queue *inbox)
{
	/* The counter cannot overflow, so the write cannot fail. */
	(void)eventfd_write(inbox->wakeup_fd, 1);
}

void
submit_queue_init(struct submit_queue *inbox, int wakeup_fd)
{
	*inbox = (struct submit_queue){ .wakeup_fd = wakeup_fd };
	pthread_mutex_init(&inbox->lock, NULL);
	inbox->ended_link = &inbox->ended;
}

void
submit_queue_fini(struct submit_queue *inbox, struct instant now)
{
	struct submit_queue_want want;

	while (submit_queue_take_want(inbox, &want))
		table_release(want.table, now);
	free(inbox->said.at);
	free(inbox->wants);
	pthread_mutex_destroy(&inbox->lock);
}

bool
submit_queue_push(_Atomic(struct record *) *list, struct record *record)
{
	struct record *head = atomic_load_explicit(list, memory_order_relaxed);

	do
		record->next = head;
	while (!atomic_compare_exchange_weak_explicit(
	    list, &head, record, memory_order_release, memory_order_relaxed));
	return head == NULL;
}

struct record *
submit_queue_take(_Atomic(struct record *) *list)
{
	struct record *record, *next, *oldest = NULL;

	record = atomic_exchange_explicit(list, NULL, memory_order_acquire);
	for (; record != NULL; record = next) {
		next = record->next;
		record->next = oldest;
		oldest = record;
	}
	return oldest;
}

bool
submit_queue_append(struct submit_queue *inbox, struct record *record)
{
	return submit_queue_push(&inbox->appended, record);
}

static bool
add_op(struct submit_queue_ops *ops, const struct submit_queue_op *op)
{
	size_t room = ops->room > 0 ? ops->room * 2 : 64;
	struct submit_queue_op *at;

	if (ops->count == ops->room) {
		at = realloc(ops->at, room * sizeof *at);
		if (at == NULL)
			return false;
		ops->at = at;
		ops->room = room;
	}
	ops->at[ops->count++] = *op;
	return true;
}

void
submit_queue_part(
    struct submit_queue *inbox, struct record *record, struct frame_range range)
{
	struct submit_queue_op op = { record, range, false };
	bool first;

	if (range.count == 0)
		return;
	pthread_mutex_lock(&inbox->lock);
	first = inbox->said.count == 0 && !inbox->riding;
	if (add_op(&inbox->said, &op)) /* else its end will say it */
		record->ack_reported_events += range.count;
	pthread_mutex_unlock(&inbox->lock);
	if (first)
		submit_queue_ring(inbox);
}

static struct submit_queue_op
end_of(struct record *record)
{
	struct submit_queue_op op = { record, { 0, record->events }, true };

	if (record->abandoned || record->ack_reported_events == record->events)
		op.range.count = 0;
	return op;
}

void
submit_queue_end(struct submit_queue *inbox, struct record *record)
{
	struct submit_queue_op op = end_of(record);
	bool first;

	pthread_mutex_lock(&inbox->lock);
	first = inbox->said.count == 0 && !inbox->riding;
	/* In order: behind one that hangs there, another must hang too. */
	if (inbox->ended != NULL || !add_op(&inbox->said, &op)) {
		record->next = NULL;
		*inbox->ended_link = record;
		inbox->ended_link = &record->next;
		first = true;
	}
	pthread_mutex_unlock(&inbox->lock);
	if (first)
		submit_queue_ring(inbox);
}

void
submit_queue_want(
    struct submit_queue *inbox, struct table *table, uint64_t bytes)
{
	size_t room = inbox->want_room > 0 ? inbox->want_room * 2 : 16;
	struct submit_queue_want *wants;

	pthread_mutex_lock(&inbox->lock);
	if (inbox->want_count == inbox->want_room) {
		wants = realloc(inbox->wants, room * sizeof *wants);
		if (wants != NULL) {
			inbox->wants = wants;
			inbox->want_room = room;
		}
	}
	if (inbox->want_count < inbox->want_room) {
		table_hold(table);
		inbox->wants[inbox->want_count++] =
		    (struct submit_queue_want){ table, bytes };
	}
	pthread_mutex_unlock(&inbox->lock);
	submit_queue_ring(inbox);
}

void
submit_queue_take_ops(struct submit_queue *inbox, struct submit_queue_ops *ops)
{
	struct submit_queue_ops *said = &inbox->said;
	struct submit_queue_op op;
	size_t i = 0;

	pthread_mutex_lock(&inbox->lock);
	while (i < said->count && add_op(ops, &said->at[i]))
		i++;
	if (i > 0 && i < said->count)
		memmove(said->at, said->at + i,
		    (said->count - i) * sizeof *said->at);
	said->count -= i;
	while (said->count == 0 && inbox->ended != NULL) {
		op = end_of(inbox->ended);
		if (!add_op(ops, &op))
			break;
		inbox->ended = op.record->next;
	}
	if (inbox->ended == NULL)
		inbox->ended_link = &inbox->ended;
	pthread_mutex_unlock(&inbox->lock);
}

bool
submit_queue_take_want(
    struct submit_queue *inbox, struct submit_queue_want *want)
{
	bool any;

	pthread_mutex_lock(&inbox->lock);
	any = inbox->want_count > 0;
	if (any) {
		*want = inbox->wants[0];
		inbox->want_count--;
		memmove(inbox->wants, inbox->wants + 1,
		    inbox->want_count * sizeof *inbox->wants);
	}
	pthread_mutex_unlock(&inbox->lock);
	return any;
}

bool
submit_queue_ride(struct submit_queue *inbox)
{
	pthread_mutex_lock(&inbox->lock);
	inbox->riding = inbox->said.count > 0 && inbox->ended == NULL &&
			inbox->want_count == 0 &&
			atomic_load(&inbox->appended) == NULL;
	pthread_mutex_unlock(&inbox->lock);
	return inbox->riding;
}

void
submit_queue_ride_ends(struct submit_queue *inbox)
{
	pthread_mutex_lock(&inbox->lock);
	inbox->riding = false;
	pthread_mutex_unlock(&inbox->lock);
}
