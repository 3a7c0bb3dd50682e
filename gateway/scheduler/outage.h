/*
 * outage - lanes that wait because no connection came about.
 *
 * All tables share one upstream, so when it answers any later call these lanes
 * need not wait to the end of a backoff that an outage has made long.  They
 * come back within half a second, by chance, not all at once.
 *
 * Units	instants; calls by their number.
 * Ownership	borrows lanes.
 * Threads	the pump's.
 * Errors	none.
 */
#ifndef GATEWAY_SCHEDULER_OUTAGE_H
#define GATEWAY_SCHEDULER_OUTAGE_H

#include "gateway/scheduler/lane.h"

struct outage {
	struct lane *first; /* by cut_off_next */
	uint64_t at_call;   /* answers to calls up to this one are old news */
};

/* The lane's call could not be sent; `calls` is the number of the last one. */
void outage_cut_off(struct outage *outage, struct lane *lane, uint64_t calls);

/* An answer to `call` came: is it over? */
bool outage_ends(const struct outage *outage, uint64_t call);

/* Takes the next of the lanes, which may go sooner; NULL: no more. */
struct lane *outage_next(
    struct outage *outage, uint32_t chance, struct instant now);

#endif
