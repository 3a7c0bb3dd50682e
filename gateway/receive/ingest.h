/*
 * ingest - a request's way from its first line to its answer.
 *
 * ingest.c is the one place on the producers' side where the stages are called
 * in sequence: head, route, table, body, validation, spool, completion.
 * listen.c calls these functions in this order
 *
 *	ingest_begin  ingest_head  ingest_data*  ingest_body_end
 *						  (ingest_completed)  ingest_end
 *
 * and after each does what the request's new state requires: request_state.h.
 * The worker's loop calls ingest_completed.  ingest_end may follow any of them:
 * then the producer hung up.
 */
#ifndef GATEWAY_RECEIVE_INGEST_H
#define GATEWAY_RECEIVE_INGEST_H

#include <stddef.h>

#include "gateway/model/outcome.h"
#include "gateway/receive/conn.h"
#include "parsers/span.h"

/* The request line was read.  `target` is what stands in it, or empty. */
void ingest_begin(struct conn *conn, struct span target);

/* request.head was read, to its end. */
void ingest_head(struct conn *conn);
void ingest_data(struct conn *conn, const char *bytes, size_t len);
void ingest_body_end(struct conn *conn);  /* the body is whole */
void ingest_completed(struct conn *conn); /* what it waited for is known */
void ingest_end(struct conn *conn);

/* It waits, and its completion will not be waited for any longer. */
void ingest_abandon(struct conn *conn);

/*
 * Answers past the library and reads on only to throw away; the connection has
 * no other use from then on.
 */
void ingest_reject(struct conn *conn, enum outcome outcome);

/* The same where time for a head or a body is over. */
void ingest_timeout(struct conn *conn, enum outcome outcome);

#endif
