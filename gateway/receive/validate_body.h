/*
 * validate_body - a whole body: are all its lines events of this table?
 *
 * All or nothing: one bad event refuses the request, and the answer tells the
 * first twenty, each with its line, offset and reason, and how many more there
 * are.  Good lines are moved together in place as the body is walked.  Where
 * bad ones are skipped instead, each becomes a dead letter in that same walk,
 * for its bytes may be overwritten by the next good line.
 *
 * Units	bytes; milliseconds since 1970.
 * Ownership	borrows the body, changes it, and has use of one byte behind it.
 * Threads	none inside.
 * Errors	a refusal is an outcome.
 */
#ifndef GATEWAY_RECEIVE_VALIDATE_BODY_H
#define GATEWAY_RECEIVE_VALIDATE_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/model/outcome.h"
#include "gateway/model/table.h"
#include "parsers/json/event.h"
#include "parsers/text.h"

#define VALIDATE_BODY_ERRORS_TOLD 20
#define VALIDATE_BODY_QUOTED                                                   \
	40 /* bytes of a bad line that its error may show */
#define VALIDATE_BODY_DETAIL_MOST (12 << 10)

struct validate_body {
	size_t bytes;    /* of good lines, at the body's front */
	uint32_t events; /* good ones */
	uint32_t bad;
	bool unwritten;      /* not all of them became letters */
	bool gaps;           /* other lines stood between the good ones */
	int64_t earliest_ms; /* of the good ones */
	char message[80];    /* for people, when some are bad */
	struct {
		uint32_t count;
		uint64_t line, at; /* of the first */
	} faults[EVENT_FAULT_COUNT];
};

/* What skipping needs. */
struct validate_body_skip {
	struct buffer *letters; /* is given a line for each bad event */
	struct span producer;
};

/*
 * KEPT (perhaps with no event at all), ARRAY or BAD_EVENTS; with the last,
 * `detail` is given the JSON members "errors" and "more".  With `skip`, KEPT
 * takes the place of BAD_EVENTS, without "more"; TOO_MANY_INVALID if their
 * letters do not fit.
 */
enum outcome validate_body(struct validate_body *check, char *body, size_t len,
    const struct table_options *table, int64_t wall_ms,
    const struct validate_body_skip *skip, struct buffer *detail);

#endif
