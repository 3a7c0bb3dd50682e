/*
 * ingest - a request's way from its first line to its answer.
 *
 * One of the two story files: ingest.c is the only place on this side where
 * stages are called in sequence.  What HTTP library stands below is not its
 * business; worker.c calls these functions in this order
 *
 *	ingest_begin  ingest_head  ingest_piece*  ingest_whole
 *						  (ingest_settled)  ingest_end
 *
 * and after each does what the request's new state requires: see request_state.h.
 * ingest_end may follow any of them: the producer hung up.
 *
 * Units	bytes.
 * Ownership	a request is part of its connection.
 * Threads	its worker's.
 * Errors	a refusal is an outcome in the request.
 */
#ifndef GATEWAY_RECEIVE_INGEST_H
#define GATEWAY_RECEIVE_INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/metrics/label_table.h"
#include "gateway/model/outcome.h"
#include "gateway/receive/request_state.h"
#include "gateway/receive/receive.h"
#include "gateway/receive/route.h"
#include "gateway/deadletter/store.h"
#include "gateway/model/record.h"
#include "gateway/model/completion.h"
#include "parsers/http/request.h"
#include "parsers/text.h"

struct conn;

struct request {
	enum request_state state;
	enum outcome outcome;
	const char *message; /* more exact than the outcome's; or NULL */
	struct buffer detail;
	char own_message[80]; /* where `message` points if it was made */
	struct route route;
	struct http_request head; /* its spans are valid in ingest_head alone */
	enum acknowledge level;
	bool zipped;
	bool close;          /* after the answer */
	struct table *table; /* a reference, until the record has it */
	struct record *record;
	uint64_t reserved; /* of listen.memory_bytes */
	char producer[LABEL_MAX + 1];
	size_t producer_len;    /* 0: not named */
	struct instant whole;   /* when the body was */
	uint32_t events, bytes; /* given to the spool */
	bool counted;
	bool skips; /* invalid events, and keeps the others */
	uint32_t accepted, rejected;
	uint32_t faults[EVENT_FAULT_COUNT]; /* of those rejected */
	uint32_t table_label;               /* of them: see table.h */
	struct deadletter_place letters;    /* of its skipped events */
	struct completion ticket;
	bool gaps; /* between its good lines */
};

/* The request line was read.  `target` is what stands in it, or empty. */
void ingest_begin(struct conn *conn, struct span target);

void ingest_head(struct conn *conn, struct span method, struct span version);
void ingest_piece(struct conn *conn, const char *bytes, size_t len);
void ingest_whole(struct conn *conn);
void ingest_settled(struct conn *conn);
void ingest_given_up(struct conn *conn); /* its ticket is still out */
void ingest_end(struct conn *conn);

#endif
