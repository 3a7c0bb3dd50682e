/*
 * mpsc - a queue that many threads push to and one thread empties, lock-free.
 *
 * The nodes are embedded in what is queued, so a push needs no memory and
 * cannot fail.  Pushing makes a stack of the newest first; taking swaps the
 * whole stack out and reverses it, so the taker sees the order of pushes.
 * There is no pop of a single node, and hence no ABA problem.
 *
 * Threads	mpsc_push from any; mpsc_take from one at a time.
 */
#ifndef GATEWAY_BASE_MPSC_H
#define GATEWAY_BASE_MPSC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct mpsc_node {
	struct mpsc_node *next;
};

struct mpsc {
	_Atomic(struct mpsc_node *) newest;
};

#define MPSC_OWNER(node, type, member)                                         \
	((type *)((char *)(node)-offsetof(type, member)))

/* True when the queue was empty: the taker may be asleep and wants a wake. */
static inline bool
mpsc_push(struct mpsc *queue, struct mpsc_node *node)
{
	struct mpsc_node *head =
	    atomic_load_explicit(&queue->newest, memory_order_relaxed);

	do
		node->next = head;
	while (!atomic_compare_exchange_weak_explicit(&queue->newest, &head,
	    node, memory_order_release, memory_order_relaxed));
	return head == NULL;
}

static inline bool
mpsc_empty(struct mpsc *queue)
{
	return atomic_load_explicit(&queue->newest, memory_order_acquire) ==
	       NULL;
}

/* All that was pushed, oldest first, linked by `next`; NULL: nothing. */
static inline struct mpsc_node *
mpsc_take(struct mpsc *queue)
{
	struct mpsc_node *node, *next, *oldest = NULL;

	node = atomic_exchange_explicit(
	    &queue->newest, NULL, memory_order_acquire);
	for (; node != NULL; node = next) {
		next = node->next;
		node->next = oldest;
		oldest = node;
	}
	return oldest;
}

#endif
