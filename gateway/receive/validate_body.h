/*
 * validate_body - are all lines of a body events of this table?
 *
 * All or nothing: one invalid event refuses the request.  The answer lists the
 * first twenty invalid ones, each with its line, offset and reason, and how
 * many more there are.  Valid lines are moved together in place as the body is
 * walked.  Where invalid ones are skipped instead, each becomes a dead letter
 * in the same walk, because the next valid line may overwrite it.
 *
 * Ownership	borrows the body, changes it, and may write one byte behind it.
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
#include "parsers/buffer.h"
#include "parsers/span.h"

#define VALIDATE_BODY_ERRORS_MAX 20
#define VALIDATE_BODY_QUOTE_MAX  40 /* bytes of a line that its error shows */
#define VALIDATE_BODY_DETAIL_MAX (12 << 10)

struct validate_body {
	size_t bytes;    /* of valid lines, at the body's front */
	uint32_t events; /* valid ones */
	uint32_t invalid;
	bool overflow;       /* their dead letters did not fit */
	bool gaps;           /* other lines stood between the valid ones */
	int64_t earliest_ms; /* of the valid ones, since 1970 */
	char message[80];    /* for people, when some are invalid */
	struct {
		uint32_t count;
		uint64_t line, at; /* of the first */
	} faults[EVENT_FAULT_COUNT];
};

/* What skipping needs. */
struct validate_body_skip {
	struct buffer *dead_letters; /* gets a line for each invalid event */
	struct span producer;
};

/*
 * KEPT (perhaps with no event at all), ARRAY or BAD_EVENTS; the last appends
 * the JSON members "errors" and "more" to `detail`.  With `skip`, KEPT takes
 * the place of BAD_EVENTS, without "more"; or TOO_MANY_INVALID, if the dead
 * letters do not fit.
 */
enum outcome validate_body(struct validate_body *found, char *body, size_t len,
    const struct table_options *table, int64_t wall_ms,
    const struct validate_body_skip *skip, struct buffer *detail);

#endif
