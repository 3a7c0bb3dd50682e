#include "gateway/journal/moved_set.h"

#include <stdlib.h>

#define ROOM_LEAST 64

void
moved_set_fini(struct moved_set *s)
{
	free(s->keys);
	*s = (struct moved_set){ 0 };
}

static struct moved_set_key *
slot_of(const struct moved_set *s, uint64_t epoch, uint32_t ordinal)
{
	uint64_t mixed = (epoch ^ ordinal) * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(mixed >> 32) & (s->room - 1);

	while (s->keys[i].epoch != 0 &&
	       (s->keys[i].epoch != epoch || s->keys[i].ordinal != ordinal))
		i = (i + 1) & (s->room - 1);
	return &s->keys[i];
}

static bool
grow(struct moved_set *s)
{
	struct moved_set more = { .count = s->count,
		.room = s->room > 0 ? s->room * 2 : ROOM_LEAST };

	more.keys = calloc(more.room, sizeof *more.keys);
	if (more.keys == NULL)
		return false;
	for (size_t i = 0; i < s->room; i++)
		if (s->keys[i].epoch != 0)
			*slot_of(&more, s->keys[i].epoch, s->keys[i].ordinal) =
			    s->keys[i];
	free(s->keys);
	*s = more;
	return true;
}

bool
moved_set_add(struct moved_set *s, uint64_t epoch, uint32_t ordinal)
{
	struct moved_set_key *slot;

	if (s->count * 2 >= s->room && !grow(s))
		return false;
	slot = slot_of(s, epoch, ordinal);
	if (slot->epoch != 0)
		return true;
	*slot = (struct moved_set_key){ epoch, ordinal };
	s->count++;
	return false;
}
