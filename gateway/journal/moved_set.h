/*
 * moved_set - the records of which a younger copy was seen already.
 *
 * Commits that failed may have left several copies of one record, each naming
 * the same source.  A start meets them from the youngest to the oldest, and
 * the first counts.  That must hold at every later start too, also when the
 * source itself is gone; so it is found out from the copies alone.
 *
 * Ownership	moved_set_fini frees; zeroed memory is the empty set.
 * Errors	out of memory: a record may come twice.
 */
#ifndef GATEWAY_JOURNAL_MOVED_SET_H
#define GATEWAY_JOURNAL_MOVED_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct moved_set {
	struct moved_set_key {
		uint64_t epoch; /* 0: an empty slot */
		uint32_t ordinal;
	} * keys;
	size_t count, room;
};

/* True: it was there already. */
bool moved_set_add(struct moved_set *sources, uint64_t epoch, uint32_t ordinal);
void moved_set_fini(struct moved_set *sources);

#endif
