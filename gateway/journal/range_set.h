/*
 * range_set - which events of one record need no longer be kept.
 *
 * A record may span batches and batches end in any order, so this is a set of
 * ranges, kept sorted and merged: it never has more members than gaps.
 *
 *	events  0 1 2 3 4 5 6 7 8 9
 *	parts     [---)   [-----)		{1,2} {5,3}
 *
 * Units	events, counted from the record's first.
 * Ownership	range_set_fini frees; zeroed memory is the empty set.
 * Errors	out of memory: false, nothing changed.
 */
#ifndef GATEWAY_JOURNAL_RANGE_SET_H
#define GATEWAY_JOURNAL_RANGE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/journal/frame.h"

struct range_set {
	struct frame_range *ranges;
	uint32_t count, room;
	uint32_t events; /* in all ranges together */
};

bool range_set_add(struct range_set *set, struct frame_range range);
void range_set_fini(struct range_set *set);

/*
 * The next gap at or behind `from` in a record of `events`: false when there
 * is none.
 */
bool range_set_gap(const struct range_set *set, uint32_t from, uint32_t events,
    struct frame_range *gap);

#endif
