/*
 * request_stats - what becomes of a request, told to the accounts.
 *
 * Each request is counted once, at the moment at which its end is chosen and
 * before anybody can be told of it: who has read an answer finds it counted.
 *
 * Units	events, bytes, nanoseconds.
 * Ownership	borrows the connection and its request.
 * Threads	its worker's.
 * Errors	none.
 */
#ifndef GATEWAY_RECEIVE_REQUEST_STATS_H
#define GATEWAY_RECEIVE_REQUEST_STATS_H

#include "gateway/model/outcome.h"
#include "gateway/receive/validate_body.h"
#include "parsers/text.h"

struct conn;
struct record;

/* Notes the producer's name: what stands in producers.identify_by. */
void request_stats_names(struct conn *conn, struct span producer);

/* Its events are about to be kept: whose they are, and how many. */
void request_stats_kept(struct conn *conn, struct record *record);

/* Only the first call for a request counts. */
void request_stats_request(struct conn *conn, enum outcome outcome);

/* What is wrong with its events; and, later, that they are dead letters. */
void request_stats_faults(struct conn *conn, const struct validate_body *found);
void request_stats_skipped(struct conn *conn);

/* Who it is from; without a place: nobody said. */
struct span request_stats_producer(const struct conn *conn);

/* Answered past the library, perhaps before a request line was whole. */
void request_stats_cut(struct conn *conn, enum outcome outcome);

#endif
