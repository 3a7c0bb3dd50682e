#include "gateway/scheduler/run_queue.h"

#include <stdlib.h>

bool
run_queue_init(struct run_queue *agenda, size_t lanes)
{
	*agenda = (struct run_queue){ 0 };
	agenda->heap = calloc(lanes + 1, sizeof(struct lane *));
	return agenda->heap != NULL;
}

void
run_queue_fini(struct run_queue *agenda)
{
	free(agenda->heap);
	*agenda = (struct run_queue){ 0 };
}

/* heap[1..count]; a parent at i / 2 wakes no later than its children. */
static void
put(struct run_queue *agenda, size_t place, struct lane *lane)
{
	agenda->heap[place] = lane;
	lane->heap_at = place;
}

static void
sift_up(struct run_queue *agenda, size_t place, struct lane *lane)
{
	struct lane *parent;

	for (; place > 1; place /= 2) {
		parent = agenda->heap[place / 2];
		if (parent->wake.ns <= lane->wake.ns)
			break;
		put(agenda, place, parent);
	}
	put(agenda, place, lane);
}

static void
sift_down(struct run_queue *agenda, size_t place, struct lane *lane)
{
	size_t child;

	while ((child = 2 * place) <= agenda->count) {
		if (child < agenda->count && agenda->heap[child + 1]->wake.ns <
						 agenda->heap[child]->wake.ns)
			child++;
		if (lane->wake.ns <= agenda->heap[child]->wake.ns)
			break;
		put(agenda, place, agenda->heap[child]);
		place = child;
	}
	put(agenda, place, lane);
}

static void
unheap(struct run_queue *agenda, struct lane *lane)
{
	size_t place = lane->heap_at;
	struct lane *last = agenda->heap[agenda->count--];

	lane->heap_at = 0;
	if (last == lane)
		return;
	if (last->wake.ns < lane->wake.ns)
		sift_up(agenda, place, last);
	else
		sift_down(agenda, place, last);
}

static void
make_ready(struct run_queue *agenda, struct lane *lane)
{
	lane->ready = true;
	lane->ready_next = NULL;
	if (agenda->ready_tail != NULL)
		agenda->ready_tail->ready_next = lane;
	else
		agenda->ready = lane;
	agenda->ready_tail = lane;
}

void
run_queue_place(struct run_queue *agenda, struct lane *lane, struct instant due,
    struct instant now)
{
	if (lane->ready || due.ns == INSTANT_NEVER.ns)
		return;
	if (due.ns <= now.ns) {
		if (lane->heap_at != 0)
			unheap(agenda, lane);
		make_ready(agenda, lane);
	} else if (lane->heap_at == 0) {
		lane->wake = due;
		sift_up(agenda, ++agenda->count, lane);
	} else if (due.ns < lane->wake.ns) {
		lane->wake = due;
		sift_up(agenda, lane->heap_at, lane);
	}
}

void
run_queue_wake(struct run_queue *agenda, struct instant now)
{
	struct lane *lane;

	while (agenda->count > 0 && agenda->heap[1]->wake.ns <= now.ns) {
		lane = agenda->heap[1];
		unheap(agenda, lane);
		make_ready(agenda, lane);
	}
}

struct instant
run_queue_next(const struct run_queue *agenda)
{
	return agenda->count > 0 ? agenda->heap[1]->wake : INSTANT_NEVER;
}

struct lane *
run_queue_take(struct run_queue *agenda)
{
	struct lane *lane = agenda->ready;

	if (lane == NULL)
		return NULL;
	agenda->ready = lane->ready_next;
	if (agenda->ready == NULL)
		agenda->ready_tail = NULL;
	lane->ready = false;
	return lane;
}

void
run_queue_untake(struct run_queue *agenda, struct lane *lane)
{
	lane->ready = true;
	lane->ready_next = agenda->ready;
	agenda->ready = lane;
	if (agenda->ready_tail == NULL)
		agenda->ready_tail = lane;
}

/* `ready` stays set, so that nobody places it meanwhile. */
void
run_queue_put_aside(struct run_queue *agenda, struct lane *lane)
{
	lane->ready = true;
	lane->ready_next = agenda->aside;
	agenda->aside = lane;
}

void
run_queue_recall(struct run_queue *agenda)
{
	struct lane *lane, *next = agenda->aside;

	agenda->aside = NULL;
	while ((lane = next) != NULL) {
		next = lane->ready_next;
		make_ready(agenda, lane);
	}
}
