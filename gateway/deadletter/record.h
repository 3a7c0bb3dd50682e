/*
 * record - one dead letter, as a line of NDJSON.
 *
 *	{"at":"2022-04-16T00:46:58.771Z","table":"t","producer":"p",
 *	 "reason":"time_missing","line":3,"offset":0,"event":"{\"a\":1}"}
 *
 * `event` holds the bytes of the event as a JSON *string*, never as an object:
 * a refused event is often not valid JSON, and a string gives back each byte as
 * it came, blanks and the order of names included.  Bytes that are not valid
 * UTF-8 stand in `event_base64` instead (likewise `producer` and `answer`).
 * A member without a value is left out: `line` and `offset` are the event's
 * place in the request that it was skipped in, `status` and `answer` are those
 * of the upstream.
 *
 * Ownership	all is borrowed.
 * Errors	the buffer is full: false, and it is as it was.  A line that is
 *		not a letter is a value, because people edit the files.
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
	uint64_t line; /* in the request, from 1; 0: it was not skipped */
	uint64_t offset;
	unsigned status; /* 0: the upstream was not called */
	struct span answer;
	struct span event; /* without its line feed */
};

bool deadletter_record_append(
    struct buffer *out, const struct deadletter_record *letter);

/*
 * Reads a line, without its line feed; its members may be in any order.  The
 * decoded strings are in `room`, which must be as long as the line, and are
 * valid as long as it is.  False: this is not a letter.
 */
bool deadletter_record_read(
    struct deadletter_record *out, struct span line, char *room);

#endif
