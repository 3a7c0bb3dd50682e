/*
 * Four threads push, one takes: nothing is lost, nothing comes twice, and what
 * one thread pushed comes in its order.  Exit 0: so it was.
 */
#include <pthread.h>
#include <stdio.h>

#include "gateway/base/mpsc.h"

#define PUSHERS 4
#define EACH    20000

struct item {
	struct item *next;
	int pusher, number;
};

MPSC_FUNCTIONS(items, struct item)

static _Atomic(struct item *) queue;
static struct item all_items[PUSHERS][EACH];

static void *
push(void *argument)
{
	struct item *mine = argument;

	for (int i = 0; i < EACH; i++)
		items_push(&queue, &mine[i]);
	return NULL;
}

static bool
take_all(void)
{
	int next[PUSHERS] = { 0 };
	int taken = 0;

	while (taken < PUSHERS * EACH) {
		struct item *item = items_take(&queue);

		for (; item != NULL; item = item->next) {
			if (item->number != next[item->pusher]++) {
				printf("pusher %d: %d came for %d\n",
				    item->pusher, item->number,
				    next[item->pusher] - 1);
				return false;
			}
			taken++;
		}
	}
	return items_take(&queue) == NULL;
}

int
main(void)
{
	pthread_t threads[PUSHERS];
	bool ok;

	for (int i = 0; i < PUSHERS; i++) {
		for (int k = 0; k < EACH; k++)
			all_items[i][k] =
			    (struct item){ .pusher = i, .number = k };
		pthread_create(&threads[i], NULL, push, all_items[i]);
	}
	ok = take_all();
	for (int i = 0; i < PUSHERS; i++)
		pthread_join(threads[i], NULL);
	return ok ? 0 : 1;
}
