/*
 * dead_letter_api - dead letters over HTTP: what is asked, and what came of it.
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
#ifndef GATEWAY_ADMIN_DEAD_LETTER_API_H
#define GATEWAY_ADMIN_DEAD_LETTER_API_H

#include <stdbool.h>

#include "gateway/deadletter/admin_job.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

#define DEAD_LETTER_API_BODY    4096 /* no order is longer */
#define DEAD_LETTER_API_MESSAGE 160
#define DEAD_LETTER_API_LIMIT                                                  \
	20 /* letters that a look shows unless it is told */

/* A value that is not there is an empty span with a NULL. */
bool dead_letter_api_read_query(struct admin_job_request *out,
    struct span table, struct span reason, struct span limit,
    char message[DEAD_LETTER_API_MESSAGE]);

bool dead_letter_api_read_body(struct admin_job_request *out,
    enum admin_job_kind kind, struct span body,
    char message[DEAD_LETTER_API_MESSAGE]);

/* Of a report that is not ok: why. */
bool dead_letter_api_write(
    const struct admin_job_report *report, struct buffer *out);

#endif
