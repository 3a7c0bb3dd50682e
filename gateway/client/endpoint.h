/*
 * endpoint - the upstream's URL with {table}, which is replaced by the table's
 * id.
 *
 *	https://org.region.aws.api.imply.io/v1/projects/p/events/{table}
 *	|------------------- before ---------------------------|        | after
 *
 * {table} must be in the path: an id must never choose the host that gets our
 * credential.  Ids obey the grammar of table names, so nothing in them needs
 * encoding.
 *
 * Ownership	borrows the URL.
 * Errors	a text that does not repeat the URL, which may hold a secret.
 */
#ifndef GATEWAY_CLIENT_ENDPOINT_H
#define GATEWAY_CLIENT_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/err.h"
#include "parsers/span.h"

struct endpoint {
	struct span before, after;
	size_t room; /* of endpoint_print with the longest id, NUL included */
};

bool endpoint_parse(const char *url, struct endpoint *out, struct err *err);

void endpoint_print(const struct endpoint *endpoint, const char *id, char *out);

#endif
