#include "tests/sim/marks.h"

#include <stdlib.h>

#define ROOM_FIRST 65536 /* a power of two */

/* The slot that holds the mark, or the free one where it belongs. */
static uint64_t *
slot_of(uint64_t *slots, size_t room, uint64_t mark)
{
	size_t i = (size_t)(mark * UINT64_C(0x9e3779b97f4a7c15) >> 20);

	for (;; i++) {
		uint64_t *slot = &slots[i & (room - 1)];

		if (*slot == 0 || *slot == mark)
			return slot;
	}
}

static bool
grow(struct marks *m)
{
	size_t room = m->room > 0 ? 2 * m->room : ROOM_FIRST;
	uint64_t *slots = calloc(room, sizeof *slots);

	if (slots == NULL)
		return false;
	for (size_t i = 0; i < m->room; i++)
		if (m->slots[i] != 0)
			*slot_of(slots, room, m->slots[i]) = m->slots[i];
	free(m->slots);
	m->slots = slots;
	m->room = room;
	return true;
}

bool
marks_add(struct marks *m, uint64_t mark)
{
	uint64_t *slot;

	mark |= mark == 0;
	if (2 * (m->count + 1) > m->room && !grow(m))
		return true;
	slot = slot_of(m->slots, m->room, mark);
	if (*slot == mark)
		return false;
	*slot = mark;
	m->count++;
	return true;
}

void
marks_fini(struct marks *m)
{
	free(m->slots);
	*m = (struct marks){ 0 };
}
