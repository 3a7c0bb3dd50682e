/*
 * mpsc - a queue that many threads push to and one thread empties, lock-free.
 *
 *	MPSC_FUNCTIONS(jobs, struct job)	jobs_push(), jobs_take()
 *	_Atomic(struct job *) newest;		the queue; NULL: empty
 *
 * What is queued hangs on its own member `next`, so a push needs no memory and
 * cannot fail.  Pushing makes a stack of the newest first; taking swaps the
 * whole stack out and turns it round, so the taker sees the order of pushes.
 * There is no pop of a single item, and hence no ABA problem.
 *
 * All operations are sequentially consistent: a taker that announces that it
 * sleeps and then looks once more misses no push.
 *
 * Threads	NAME_push from any; NAME_take from one at a time.
 */
#ifndef GATEWAY_BASE_MPSC_H
#define GATEWAY_BASE_MPSC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * NAME_push is true when the queue was empty: the taker may be asleep and
 * wants a wake.  NAME_take gives all that was pushed, oldest first, linked by
 * `next`; NULL: nothing.
 */
#define MPSC_FUNCTIONS(name, type)                                             \
	static inline bool name##_push(_Atomic(type *) *newest, type *item)    \
	{                                                                      \
		type *head = atomic_load(newest);                              \
                                                                               \
		do                                                             \
			item->next = head;                                     \
		while (!atomic_compare_exchange_weak(newest, &head, item));    \
		return head == NULL;                                           \
	}                                                                      \
                                                                               \
	static inline type *name##_take(_Atomic(type *) *newest)               \
	{                                                                      \
		type *item = atomic_exchange(newest, NULL), *next;             \
		type *oldest = NULL;                                           \
                                                                               \
		for (; item != NULL; item = next) {                            \
			next = item->next;                                     \
			item->next = oldest;                                   \
			oldest = item;                                         \
		}                                                              \
		return oldest;                                                 \
	}

#endif
