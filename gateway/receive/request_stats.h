/*
 * request_stats - counts what becomes of each request.
 *
 * Each request is counted once, when its outcome is chosen and before anybody
 * can learn of it: a client that has read an answer finds it counted.
 */
#ifndef GATEWAY_RECEIVE_REQUEST_STATS_H
#define GATEWAY_RECEIVE_REQUEST_STATS_H

#include "gateway/model/outcome.h"
#include "gateway/model/record.h"
#include "gateway/receive/conn.h"
#include "gateway/receive/validate_body.h"
#include "parsers/span.h"

/* The producer's name: the value of the header producers.identify_by. */
void request_stats_set_producer(struct conn *conn, struct span producer);
struct span request_stats_producer(const struct conn *conn); /* NULL: none */

/* The record is about to be put into the spool. */
void request_stats_accepted(struct conn *conn, struct record *record);

/* Only the first call for a request counts. */
void request_stats_request(struct conn *conn, enum outcome outcome);

/* Answered past the library, perhaps before a request line was whole. */
void request_stats_rejected(struct conn *conn, enum outcome outcome);

/* Its invalid events; and, later, that they have become dead letters. */
void request_stats_faults(struct conn *conn, const struct validate_body *found);
void request_stats_skipped(struct conn *conn);

#endif
