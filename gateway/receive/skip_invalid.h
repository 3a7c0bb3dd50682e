/*
 * skip_invalid - what a request that skips invalid events leaves of them.
 *
 * They are synced before anything else of the request is kept, because valid
 * events that the spool has taken cannot be called back, and a letter can.  So
 * whatever is answered but 200, both are gone; only where the disk failed in
 * the middle (OutcomeUnknown) may both be there.  The worker stands still while
 * the letters are synced: a producer that sends invalid events is rare, or
 * should be.
 *
 * Units	bytes.
 * Ownership	borrows the connection; its worker keeps the buffer.
 * Threads	the worker's.
 * Errors	a refusal is an outcome.
 */
#ifndef GATEWAY_RECEIVE_SKIP_INVALID_H
#define GATEWAY_RECEIVE_SKIP_INVALID_H

#include "gateway/model/outcome.h"
#include "gateway/receive/validate_body.h"

struct conn;
struct worker;

void skip_invalid_init(struct worker *worker);

/* Does the request skip?  Its table is known by now. */
enum outcome skip_invalid_choose(struct conn *conn);

/* What validate_body is to be given: NULL if the request does not skip. */
const struct validate_body_skip *skip_invalid_skip(
    struct conn *conn, struct validate_body_skip *place);

/* Of a request whose events have all been judged. */
enum outcome skip_invalid_keep(
    struct conn *conn, const struct validate_body *found);

/* The request ends so: after anything but a 200, no letter stays. */
void skip_invalid_end(struct conn *conn, enum outcome outcome);

/* Its ticket is back, but its producer had gone before. */
void skip_invalid_lost(struct conn *conn);

#endif
