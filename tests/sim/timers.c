#include "tests/sim/timers.h"

#include <limits.h>
#include <stdlib.h>

#define ROOM_FIRST 256

void
timers_fini(struct timers *t)
{
	free(t->heap);
	*t = (struct timers){ 0 };
}

static void
put(struct timers *t, struct timer *timer, size_t place)
{
	t->heap[place] = timer;
	timer->place = place;
}

static void
rise(struct timers *t, struct timer *timer, size_t at)
{
	for (; at > 1 && t->heap[at / 2]->due_ms > timer->due_ms; at /= 2)
		put(t, t->heap[at / 2], at);
	put(t, timer, at);
}

static void
sink(struct timers *t, struct timer *timer, size_t at)
{
	for (;;) {
		size_t next = 2 * at;

		if (next < t->count &&
		    t->heap[next + 1]->due_ms < t->heap[next]->due_ms)
			next++;
		if (next > t->count || t->heap[next]->due_ms >= timer->due_ms)
			break;
		put(t, t->heap[next], at);
		at = next;
	}
	put(t, timer, at);
}

static bool
make_room(struct timers *t)
{
	size_t room = t->room > 0 ? 2 * t->room : ROOM_FIRST;
	struct timer **heap;

	if (t->count + 1 < t->room)
		return true;
	heap = realloc(t->heap, room * sizeof *heap);
	if (heap == NULL)
		return false;
	t->heap = heap;
	t->room = room;
	return true;
}

bool
timers_set(struct timers *t, struct timer *timer, int64_t due_ms)
{
	timers_clear(t, timer);
	if (!make_room(t))
		return false;
	timer->due_ms = due_ms;
	rise(t, timer, ++t->count);
	return true;
}

void
timers_clear(struct timers *t, struct timer *timer)
{
	size_t at = timer->place;
	struct timer *last;

	if (at == 0)
		return;
	timer->place = 0;
	last = t->heap[t->count--];
	if (last == timer)
		return;
	if (at > 1 && t->heap[at / 2]->due_ms > last->due_ms)
		rise(t, last, at);
	else
		sink(t, last, at);
}

struct timer *
timers_due(struct timers *t, int64_t now_ms)
{
	struct timer *first = t->count > 0 ? t->heap[1] : NULL;

	if (first == NULL || first->due_ms > now_ms)
		return NULL;
	timers_clear(t, first);
	return first;
}

int
timers_wait_ms(const struct timers *t, int64_t now_ms)
{
	int64_t wait;

	if (t->count == 0)
		return -1;
	wait = t->heap[1]->due_ms - now_ms;
	return wait < 0 ? 0 : wait > INT_MAX ? INT_MAX : (int)wait;
}
