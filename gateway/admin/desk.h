/*
 * desk - dead letters over HTTP: what is asked, and what came of it.
 *
 *	GET  /dead-letters?table=&reason=&limit=	a look
 *	POST /dead-letters/replay {"table":,"reason":}	{} or nothing: all
 *	POST /dead-letters/purge  {"table":,"reason":,"before":} or {"all":true}
 *
 * A name that is not known here is refused, not passed over: a filter with a
 * slip in its name would mean all letters.  The commands of the program print
 * the same documents, so they are made in this one place.
 *
 * Units	letters, bytes; times as RFC 3339 has them.
 * Ownership	borrows; appends to the caller's buffer.
 * Threads	none inside.
 * Errors	what is wrong with a request is a text for who sent it.
 */
#ifndef GATEWAY_ADMIN_DESK_H
#define GATEWAY_ADMIN_DESK_H

#include <stdbool.h>

#include "gateway/spool/errand.h"
#include "parsers/text.h"

#define DESK_BODY    4096 /* no order is longer */
#define DESK_MESSAGE 160
#define DESK_LIMIT   20 /* letters that a look shows unless it is told */

/* A value that is not there is an empty span with a NULL. */
bool desk_read_query(struct errand_order *out, struct span table,
    struct span reason, struct span limit, char message[DESK_MESSAGE]);

bool desk_read_body(struct errand_order *out, enum errand_kind kind,
    struct span body, char message[DESK_MESSAGE]);

/* Of a report that is not ok: why. */
bool desk_write(const struct errand_report *report, struct buffer *out);

#endif
