/*
 * record - one event that could not go its way, as a line of NDJSON.
 *
 *	{"at":"2022-04-16T00:46:58.771Z","table":"t","producer":"p",
 *	 "reason":"time_missing","line":3,"offset":0,"event":"{\"a\":1}"}
 *
 * `event` holds the event's bytes as a JSON *string*, never as an object: what
 * is refused is often no JSON at all, and a string gives back each byte as it
 * came, blanks and the order of names included.  What is not valid UTF-8 stands
 * in `event_base64` instead (and `producer`, `answer` likewise).  A member that
 * says nothing is left out: `line` and `offset` are those of the request that
 * the event was refused from, `status` and `answer` those of the upstream.
 *
 * Units	bytes; milliseconds since 1970.
 * Ownership	borrows.
 * Threads	none inside.
 * Errors	the buffer is full: false, and it holds what it held.  A line
 *		that is no letter is a value, for people edit files.
 */
#ifndef GATEWAY_DEADLETTER_RECORD_H
#define GATEWAY_DEADLETTER_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

struct deadletter_record {
	int64_t at_ms;
	struct span table;
	struct span producer; /* empty: not named */
	struct span reason;
	uint64_t line; /* 0: no request to tell a place in */
	uint64_t offset;
	unsigned status; /* 0: the upstream never saw it */
	struct span answer;
	struct span event; /* without its line feed */
};

bool deadletter_record_append(
    struct buffer *out, const struct deadletter_record *letter);

/*
 * Reads a line, without its line feed, whose members may stand in any order.
 * What it says is put into `room`, of as many bytes as the line has, and lives
 * as long.  False: it is no letter.
 */
bool deadletter_record_read(
    struct deadletter_record *out, struct span line, char *room);

#endif
