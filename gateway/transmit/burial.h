/*
 * burial - where an event goes that the upstream will never take.
 *
 * The pump does not know files: it is given somebody who keeps dead letters,
 * and an event leaves only after that one has said that it is kept.  Whoever
 * cannot keep it now says no; the event then stays, and its lane holds.
 *
 * Units	milliseconds of wall time.
 * Ownership	all is borrowed for the time of the call.
 * Threads	the pump's.
 * Errors	"no" is a value.
 */
#ifndef GATEWAY_TRANSMIT_BURIAL_H
#define GATEWAY_TRANSMIT_BURIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/spool/record.h"
#include "parsers/text.h"

struct burial {
	const struct record *record; /* its table, producer, acceptance */
	uint32_t number;             /* the event's in the record, from 0 */
	struct span event;           /* its line, without the newline */
	const char *reason;          /* refused, too_large, expired */
	unsigned status;             /* upstream's; 0: it was not asked */
	struct span answer;          /* how its answer began */
	int64_t wall_ms;
};

/* Implementers embed this first. */
struct undertaker {
	/* Kept for good, or not at all. */
	bool (*bury)(struct undertaker *, const struct burial *);
};

#endif
