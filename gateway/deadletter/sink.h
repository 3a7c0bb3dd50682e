/*
 * sink - where an event goes that the upstream will never take.
 *
 * The pump does not know files: it is given somebody who keeps dead letters,
 * and an event leaves only after that one has said that it is kept.  Several
 * are given at once, because each time costs a sync of the disk.  Whoever
 * cannot keep them now says no; the events then stay.
 *
 * Units	milliseconds of wall time.
 * Ownership	all is borrowed for the time of the call.
 * Threads	the pump's.
 * Errors	"no" is a value.
 */
#ifndef GATEWAY_DEADLETTER_SINK_H
#define GATEWAY_DEADLETTER_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/model/record.h"
#include "parsers/span.h"

struct deadletter_sink {
	const struct record *record; /* its table, producer, acceptance */
	uint32_t number;             /* the event's in the record, from 0 */
	struct span event;           /* its line, without the newline */
	const char *reason;          /* refused, too_large, expired */
	unsigned status;             /* upstream's; 0: it was not asked */
	struct span answer;          /* how its answer began */
	int64_t wall_ms;
};

enum deadletter_sink_answer {
	DEADLETTER_SINK_KEPT,
	DEADLETTER_SINK_FULL,   /* fewer may fit */
	DEADLETTER_SINK_FAILED, /* nor would they */
};

/* Implementers embed this first. */
struct undertaker {
	/* All of them are kept for good, or none is. */
	enum deadletter_sink_answer (*bury)(struct undertaker *,
	    const struct deadletter_sink *burials, size_t count);
};

#endif
