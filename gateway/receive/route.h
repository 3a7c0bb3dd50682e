/*
 * route - which table a request line means, and what else it wishes.
 *
 * Routing is on the path alone.  The routes are rows: see route.c.
 *
 * Units	bytes.
 * Ownership	a plain value: nothing borrows from the request line, which the
 *		HTTP library changes in place right after we saw it.
 * Threads	none inside.
 * Errors	a refusal is an outcome.
 */
#ifndef GATEWAY_RECEIVE_ROUTE_H
#define GATEWAY_RECEIVE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/model/outcome.h"
#include "gateway/model/table.h"
#include "parsers/text.h"

struct route {
	enum outcome found; /* KEPT, NO_ROUTE or BAD_HEAD */
	enum outcome wish;  /* KEPT, or what the parameters are refused with */
	const char *why;    /* of a refused wish; NULL: the outcome's text */
	bool dry_run;       /* validate, keep nothing */
	bool has_project;   /* which of the two it is */
	bool asks_on_invalid;
	enum on_invalid on_invalid; /* if it asks; else the table's holds */
	char table[TABLE_NAME_MAX];
	size_t table_len;
};

/* `project`: what {project} must be; NULL or empty: anything. */
void route_find(
    struct route *route, struct span request_target, const char *project);

#endif
