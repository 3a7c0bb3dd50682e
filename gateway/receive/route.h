/*
 * route - which table a request line names, and its query parameters.
 *
 * Routing is on the path alone.  The routes are rows: see route.c.  A route is
 * a plain value that borrows nothing from the request line, because the HTTP
 * library changes that in place right after we have seen it.
 */
#ifndef GATEWAY_RECEIVE_ROUTE_H
#define GATEWAY_RECEIVE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/model/outcome.h"
#include "gateway/model/table.h"
#include "parsers/span.h"

struct route {
	enum outcome found; /* KEPT, NO_ROUTE or BAD_HEAD */
	enum outcome query; /* KEPT, or what a parameter is refused with */
	const char *query_message; /* of a refused one; NULL: the outcome's */
	bool dry_run;              /* validate, keep nothing */
	bool has_project;          /* the path names one */
	bool has_on_invalid;
	enum on_invalid on_invalid; /* if it has; else the table's counts */
	char table[TABLE_NAME_MAX];
	size_t table_len;
};

/* `project`: what {project} must be; NULL or empty: anything. */
void route_find(
    struct route *route, struct span request_target, const char *project);

#endif
