/*
 * target - the upstream's URL with a place for the table's id.
 *
 *	https://org.region.aws.api.imply.io/v1/projects/p/events/{table}
 *	|------------------- before ---------------------------|        | after
 *
 * The place must be in the path: an id must never choose the host that gets
 * our credential.  Ids obey the grammar of table names, so that nothing in
 * them needs encoding.
 *
 * Units	bytes.
 * Ownership	borrows the URL.
 * Threads	none inside.
 * Errors	a text that does not repeat the URL.
 */
#ifndef GATEWAY_TRANSMIT_TARGET_H
#define GATEWAY_TRANSMIT_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"
#include "parsers/text.h"

struct target {
	struct span before, after;
	size_t room; /* of target_print with the longest id, NUL included */
};

bool target_parse(const char *url, struct target *out, struct err *err);

void target_print(const struct target *target, const char *id, char *out);

#endif
