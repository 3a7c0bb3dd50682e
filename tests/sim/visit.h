/*
 * visit - one call, from its head to the last byte of its answer.
 *
 * The head may decide the answer (a bad credential, the limit); it is still
 * told only when the body is there, as a server does that keeps the
 * connection, unless the answer says `early`.
 *
 * Ownership	the connection owns it; the request's spans borrow the
 *		connection's bytes.
 * Threads	one.
 * Errors	none.
 */
#ifndef SIM_VISIT_H
#define SIM_VISIT_H

#include "tests/sim/answer.h"
#include "tests/sim/moment.h"
#include "tests/sim/request.h"

#define VISIT_PART_BYTES 129 /* of a path: a table, a project, a realm */

struct route;

struct visit {
	struct request request;
	struct answer answer;
	const struct route *route; /* NULL: none matched */
	char part[2][VISIT_PART_BYTES];
};

#endif
