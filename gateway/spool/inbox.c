#include "gateway/spool/inbox.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

void
inbox_ring(struct inbox *inbox)
{
	/* The counter cannot overflow, so the write cannot fail. */
	(void)eventfd_write(inbox->bell, 1);
}

void
inbox_init(struct inbox *inbox, int bell)
{
	*inbox = (struct inbox){ .bell = bell };
	pthread_mutex_init(&inbox->lock, NULL);
	inbox->ended_link = &inbox->ended;
}

void
inbox_fini(struct inbox *inbox, struct instant now)
{
	struct inbox_want want;

	while (inbox_take_want(inbox, &want))
		table_release(want.table, now);
	free(inbox->said.at);
	free(inbox->wants);
	pthread_mutex_destroy(&inbox->lock);
}

bool
inbox_push(_Atomic(struct record *) *list, struct record *record)
{
	struct record *head = atomic_load_explicit(list, memory_order_relaxed);

	do
		record->next = head;
	while (!atomic_compare_exchange_weak_explicit(
	    list, &head, record, memory_order_release, memory_order_relaxed));
	return head == NULL;
}

struct record *
inbox_take(_Atomic(struct record *) *list)
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
inbox_append(struct inbox *inbox, struct record *record)
{
	return inbox_push(&inbox->appended, record);
}

static bool
add_op(struct inbox_ops *ops, const struct inbox_op *op)
{
	size_t room = ops->room > 0 ? ops->room * 2 : 64;
	struct inbox_op *at;

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
inbox_part(struct inbox *inbox, struct record *record, struct frame_range range)
{
	struct inbox_op op = { record, range, false };
	bool first;

	if (range.count == 0)
		return;
	pthread_mutex_lock(&inbox->lock);
	first = inbox->said.count == 0 && !inbox->riding;
	if (add_op(&inbox->said, &op)) /* else its end will say it */
		record->told_events += range.count;
	pthread_mutex_unlock(&inbox->lock);
	if (first)
		inbox_ring(inbox);
}

static struct inbox_op
end_of(struct record *record)
{
	struct inbox_op op = { record, { 0, record->events }, true };

	if (record->leaving || record->told_events == record->events)
		op.range.count = 0;
	return op;
}

void
inbox_end(struct inbox *inbox, struct record *record)
{
	struct inbox_op op = end_of(record);
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
		inbox_ring(inbox);
}

void
inbox_want(struct inbox *inbox, struct table *table, uint64_t bytes)
{
	size_t room = inbox->want_room > 0 ? inbox->want_room * 2 : 16;
	struct inbox_want *wants;

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
		    (struct inbox_want){ table, bytes };
	}
	pthread_mutex_unlock(&inbox->lock);
	inbox_ring(inbox);
}

void
inbox_take_ops(struct inbox *inbox, struct inbox_ops *ops)
{
	struct inbox_ops *said = &inbox->said;
	struct inbox_op op;
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
inbox_take_want(struct inbox *inbox, struct inbox_want *want)
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
inbox_ride(struct inbox *inbox)
{
	pthread_mutex_lock(&inbox->lock);
	inbox->riding = inbox->said.count > 0 && inbox->ended == NULL &&
			inbox->want_count == 0 &&
			atomic_load(&inbox->appended) == NULL;
	pthread_mutex_unlock(&inbox->lock);
	return inbox->riding;
}

void
inbox_ride_ends(struct inbox *inbox)
{
	pthread_mutex_lock(&inbox->lock);
	inbox->riding = false;
	pthread_mutex_unlock(&inbox->lock);
}
