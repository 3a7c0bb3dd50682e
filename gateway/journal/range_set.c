#include "gateway/journal/range_set.h"

#include <stdlib.h>
#include <string.h>

void
range_set_fini(struct range_set *parts)
{
	free(parts->ranges);
	*parts = (struct range_set){ 0 };
}

static bool
reserve_one(struct range_set *parts)
{
	uint32_t room = parts->room > 0 ? parts->room * 2 : 4;
	struct frame_range *ranges;

	if (parts->count < parts->room)
		return true;
	ranges = realloc(parts->ranges, room * sizeof *ranges);
	if (ranges == NULL)
		return false;
	parts->ranges = ranges;
	parts->room = room;
	return true;
}

static uint32_t
end_of(struct frame_range range)
{
	return range.from + range.count;
}

/* Merges everything that touches `range` into one range at its place. */
bool
range_set_add(struct range_set *parts, struct frame_range range)
{
	struct frame_range *r;
	uint32_t i = 0, last, end = end_of(range);

	if (range.count == 0)
		return true;
	if (!reserve_one(parts))
		return false;
	r = parts->ranges;
	while (i < parts->count && end_of(r[i]) < range.from)
		i++;
	for (last = i; last < parts->count && r[last].from <= end; last++) {
		parts->events -= r[last].count;
		if (r[last].from < range.from)
			range.from = r[last].from;
		if (end_of(r[last]) > end)
			end = end_of(r[last]);
	}
	range.count = end - range.from;
	memmove(&r[i + 1], &r[last], (parts->count - last) * sizeof *r);
	r[i] = range;
	parts->count = parts->count - (last - i) + 1;
	parts->events += range.count;
	return true;
}

bool
range_set_gap(const struct range_set *parts, uint32_t from, uint32_t events,
    struct frame_range *gap)
{
	uint32_t i, end = events;

	for (i = 0; i < parts->count; i++) {
		if (end_of(parts->ranges[i]) <= from)
			continue;
		if (parts->ranges[i].from > from) {
			end = parts->ranges[i].from;
			break;
		}
		from = end_of(parts->ranges[i]);
	}
	if (end > events)
		end = events;
	if (from >= end)
		return false;
	*gap = (struct frame_range){ from, end - from };
	return true;
}
