/*
 * sources - the records of which a younger copy was seen already.
 *
 * Commits that failed may have left several copies of one record, each naming
 * the same source.  A start meets them from the youngest to the oldest, and
 * the first counts.  That must hold at every later start too, also when the
 * source itself is gone; so it is found out from the copies alone.
 *
 * Units	none.
 * Ownership	sources_fini frees; zeroed memory is the empty set.
 * Threads	none inside.
 * Errors	out of memory: a record may come twice.
 */
#ifndef GATEWAY_SPOOL_SOURCES_H
#define GATEWAY_SPOOL_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sources {
	struct sources_key {
		uint64_t epoch; /* 0: an empty place */
		uint32_t ordinal;
	} * keys;
	size_t count, room;
};

/* True: it was there already. */
bool sources_add(struct sources *sources, uint64_t epoch, uint32_t ordinal);
void sources_fini(struct sources *sources);

#endif
