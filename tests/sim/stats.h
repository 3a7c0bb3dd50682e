/*
 * stats - the ledger as one JSON object, for tests and people.
 *
 * Since the start or the last reset:
 *
 *	calls			all on the event paths, refused ones too
 *	taken_calls, events, bytes, digest	of what was taken (lines.h tells
 *				the digest; bytes are inflated, newlines too)
 *	wire_bytes		bodies as they came, taken or not
 *	max_events, max_bytes	of one taken call
 *	gzip_calls, in_flight, max_in_flight
 *	duplicates		null without --detect-duplicates
 *	max_calls_in_60s	of all windows of 60 s, not of calendar minutes
 *	max_bytes_in_1s		inflated, taken or not
 *	rate_limited		answered 429 (by the limit or by a fault)
 *	connections, open_connections
 *	violations, violation_sample, violation_reasons	{"word": count}
 *	by_status		{"200": calls, "none": reset, raw or client
 *gone} tokens			{requests, ttl, in_flight, max_in_flight,
 *by_status}
 *	limit			{calls_per_minute, remaining, reset} as of now
 *	kept			{events, lost_events, unwritten}: in memory, no
 *more in memory, not written to the record
 *	minutes			[{start, calls, limited}], start in seconds
 *	tables			{"T": {calls, taken_calls, events, bytes,
 *				max_events, digest}}
 *
 * Threads	one.
 * Errors	none.
 */
#ifndef SIM_STATS_H
#define SIM_STATS_H

#include "tests/sim/moment.h"
#include "tests/sim/sim.h"

void stats_print(const struct sim *sim, struct moment now, struct buffer *out);

#endif
