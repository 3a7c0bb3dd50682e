/*
 * sink - takes events that the upstream refused or that expired.
 *
 * The scheduler hands them over and does not know what becomes of them: an
 * event leaves the spool only after the sink has said that it is kept.  Events
 * are handed over many at a time, because each call costs a sync of the disk.
 *
 *	scheduler --keep(events)--> sink --one append--> store
 *
 * Our own sink writes to the store of dead letters.  The letters are synced
 * before their events leave the spool: after a crash between the two an event
 * is in both places, never in neither.
 *
 * Ownership	all is borrowed: the events for the time of the call, the store
 *		for the life of the sink.
 * Errors	FULL or FAILED: the events stay with the caller.  It is logged
 *		when that begins, and when it ends.
 */
#ifndef GATEWAY_DEADLETTER_SINK_H
#define GATEWAY_DEADLETTER_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/deadletter/store.h"
#include "gateway/model/record.h"
#include "parsers/span.h"

struct deadletter_sink_event {
	const struct record *record; /* its table, producer, acceptance */
	uint32_t number;             /* the event's in the record, from 0 */
	struct span event;           /* its line, without the line feed */
	const char *reason;          /* refused, too_large, expired */
	unsigned status;             /* the upstream's; 0: it was not called */
	struct span answer;          /* the beginning of its answer */
	int64_t wall_ms;
};

/* Implementers embed this first. */
struct deadletter_sink {
	/*
	 * All of them are kept for good, or none is.  After FULL fewer events
	 * may still fit; after FAILED none will.  Blocks for the disk.
	 */
	enum deadletter_store_result (*keep)(struct deadletter_sink *,
	    const struct deadletter_sink_event *events, size_t count);
};

struct deadletter_store_sink {
	struct deadletter_sink sink;
	struct deadletter_store *store;
	struct deadletter_store_alarm alarm;
};

void deadletter_sink_init(
    struct deadletter_store_sink *sink, struct deadletter_store *store);

#endif
