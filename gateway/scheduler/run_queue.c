#include "gateway/scheduler/run_queue.h"

static struct lane *
ready_lane(struct list_node *node)
{
	return node != NULL ? LIST_OWNER(node, struct lane, ready) : NULL;
}

bool
run_queue_init(struct run_queue *queue, size_t lanes)
{
	*queue = (struct run_queue){ 0 };
	return heap_reserve(&queue->waiting, lanes);
}

void
run_queue_fini(struct run_queue *queue)
{
	heap_fini(&queue->waiting);
	*queue = (struct run_queue){ 0 };
}

void
run_queue_schedule(struct run_queue *queue, struct lane *lane,
    struct instant due, struct instant now)
{
	if (lane->ready.in != NULL || due.ns == INSTANT_NEVER.ns)
		return;
	if (due.ns > now.ns) {
		(void)heap_by(&queue->waiting, &lane->wake, due); /* reserved */
		return;
	}
	heap_remove(&queue->waiting, &lane->wake);
	list_push_back(&queue->ready, &lane->ready);
}

void
run_queue_wake(struct run_queue *queue, struct instant now)
{
	struct heap_entry *entry;

	while ((entry = heap_take(&queue->waiting, now)) != NULL)
		list_push_back(&queue->ready,
		    &LIST_OWNER(entry, struct lane, wake)->ready);
}

struct instant
run_queue_next(const struct run_queue *queue)
{
	return heap_next(&queue->waiting);
}

struct lane *
run_queue_take(struct run_queue *queue)
{
	return ready_lane(list_pop(&queue->ready));
}

void
run_queue_put_back(struct run_queue *queue, struct lane *lane)
{
	list_push_front(&queue->ready, &lane->ready);
}

void
run_queue_put_aside(struct run_queue *queue, struct lane *lane)
{
	list_push_front(&queue->aside, &lane->ready);
}

void
run_queue_recall(struct run_queue *queue)
{
	struct list_node *node;

	while ((node = list_pop(&queue->aside)) != NULL)
		list_push_back(&queue->ready, node);
}
