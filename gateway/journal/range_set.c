#include "gateway/journal/range_set.h"

#include <stdlib.h>
#include <string.h>

void
range_set_fini(struct range_set *set)
{
	free(set->ranges);
	*set = (struct range_set){ 0 };
}

static bool
reserve_one(struct range_set *set)
{
	uint32_t room = set->room > 0 ? set->room * 2 : 4;
	struct frame_range *ranges;

	if (set->count < set->room)
		return true;
	ranges = realloc(set->ranges, room * sizeof *ranges);
	if (ranges == NULL)
		return false;
	set->ranges = ranges;
	set->room = room;
	return true;
}

static uint32_t
end_of(struct frame_range range)
{
	return range.from + range.count;
}

/* Merges everything that touches `range` into one range. */
bool
range_set_add(struct range_set *set, struct frame_range range)
{
	struct frame_range *r;
	uint32_t i = 0, last, end = end_of(range);

	if (range.count == 0)
		return true;
	if (!reserve_one(set))
		return false;
	r = set->ranges;
	while (i < set->count && end_of(r[i]) < range.from)
		i++;
	for (last = i; last < set->count && r[last].from <= end; last++) {
		set->events -= r[last].count;
		if (r[last].from < range.from)
			range.from = r[last].from;
		if (end_of(r[last]) > end)
			end = end_of(r[last]);
	}
	range.count = end - range.from;
	memmove(&r[i + 1], &r[last], (set->count - last) * sizeof *r);
	r[i] = range;
	set->count = set->count - (last - i) + 1;
	set->events += range.count;
	return true;
}

bool
range_set_gap(const struct range_set *set, uint32_t from, uint32_t events,
    struct frame_range *gap)
{
	uint32_t i, end = events;

	for (i = 0; i < set->count; i++) {
		if (end_of(set->ranges[i]) <= from)
			continue;
		if (set->ranges[i].from > from) {
			end = set->ranges[i].from;
			break;
		}
		from = end_of(set->ranges[i]);
	}
	if (end > events)
		end = events;
	if (from >= end)
		return false;
	*gap = (struct frame_range){ from, end - from };
	return true;
}
