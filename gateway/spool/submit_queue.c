#include "gateway/spool/submit_queue.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "gateway/base/array.h"

void
submit_queue_wake(struct submit_queue *queue)
{
	/* The counter cannot overflow, so the write cannot fail. */
	(void)eventfd_write(queue->wakeup_fd, 1);
}

void
submit_queue_init(struct submit_queue *queue, int wakeup_fd)
{
	*queue = (struct submit_queue){ .wakeup_fd = wakeup_fd };
	pthread_mutex_init(&queue->lock, NULL);
	queue->released_link = &queue->released;
}

void
submit_queue_fini(struct submit_queue *queue, struct instant now)
{
	struct submit_queue_want want;

	while (submit_queue_take_want(queue, &want))
		table_release(want.table, now);
	free(queue->ops.at);
	free(queue->wants);
	pthread_mutex_destroy(&queue->lock);
}

bool
submit_queue_append(struct submit_queue *queue, struct record *record)
{
	return record_queue_push(&queue->appended, record);
}

static bool
add_op(struct submit_queue_ops *ops, const struct submit_queue_op *op)
{
	if (!array_reserve(
		&ops->at, &ops->room, ops->count + 1, sizeof *ops->at))
		return false;
	ops->at[ops->count++] = *op;
	return true;
}

void
submit_queue_part(
    struct submit_queue *queue, struct record *record, struct frame_range range)
{
	struct submit_queue_op op = { record, range, false };
	bool first;

	if (range.count == 0)
		return;
	pthread_mutex_lock(&queue->lock);
	first = queue->ops.count == 0 && !queue->piggyback;
	if (add_op(&queue->ops, &op)) /* else its end will say it */
		record->ack_reported_events += range.count;
	pthread_mutex_unlock(&queue->lock);
	if (first)
		submit_queue_wake(queue);
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
submit_queue_end(struct submit_queue *queue, struct record *record)
{
	struct submit_queue_op op = end_of(record);
	bool first;

	pthread_mutex_lock(&queue->lock);
	first = queue->ops.count == 0 && !queue->piggyback;
	/* In order: behind one that hangs there, another must hang too. */
	if (queue->released != NULL || !add_op(&queue->ops, &op)) {
		record->next = NULL;
		*queue->released_link = record;
		queue->released_link = &record->next;
		first = true;
	}
	pthread_mutex_unlock(&queue->lock);
	if (first)
		submit_queue_wake(queue);
}

void
submit_queue_want(
    struct submit_queue *queue, struct table *table, uint64_t bytes)
{
	pthread_mutex_lock(&queue->lock);
	if (array_reserve(&queue->wants, &queue->want_room,
		queue->want_count + 1, sizeof *queue->wants)) {
		table_hold(table);
		queue->wants[queue->want_count++] =
		    (struct submit_queue_want){ table, bytes };
	}
	pthread_mutex_unlock(&queue->lock);
	submit_queue_wake(queue);
}

void
submit_queue_take_ops(struct submit_queue *queue, struct submit_queue_ops *to)
{
	struct submit_queue_ops *ops = &queue->ops;
	struct submit_queue_op op;
	size_t i = 0;

	pthread_mutex_lock(&queue->lock);
	while (i < ops->count && add_op(to, &ops->at[i]))
		i++;
	if (i > 0 && i < ops->count)
		memmove(
		    ops->at, ops->at + i, (ops->count - i) * sizeof *ops->at);
	ops->count -= i;
	while (ops->count == 0 && queue->released != NULL) {
		op = end_of(queue->released);
		if (!add_op(to, &op))
			break;
		queue->released = op.record->next;
	}
	if (queue->released == NULL)
		queue->released_link = &queue->released;
	pthread_mutex_unlock(&queue->lock);
}

bool
submit_queue_take_want(
    struct submit_queue *queue, struct submit_queue_want *want)
{
	bool any;

	pthread_mutex_lock(&queue->lock);
	any = queue->want_count > 0;
	if (any) {
		*want = queue->wants[0];
		queue->want_count--;
		memmove(queue->wants, queue->wants + 1,
		    queue->want_count * sizeof *queue->wants);
	}
	pthread_mutex_unlock(&queue->lock);
	return any;
}

bool
submit_queue_begin_piggyback(struct submit_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->piggyback = queue->ops.count > 0 && queue->released == NULL &&
			   queue->want_count == 0 &&
			   atomic_load(&queue->appended) == NULL;
	pthread_mutex_unlock(&queue->lock);
	return queue->piggyback;
}

void
submit_queue_end_piggyback(struct submit_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->piggyback = false;
	pthread_mutex_unlock(&queue->lock);
}
