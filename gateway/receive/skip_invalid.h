/*
 * skip_invalid - a request that skips its invalid events: they become dead
 * letters, the others are kept.
 *
 * The dead letters are synced first, because valid events that the spool has
 * taken cannot be withdrawn, and dead letters can.  So with any answer but 200
 * neither of them stays; only if the disk failed in between (OutcomeUnknown)
 * may both be there.  The worker waits for that sync: requests with invalid
 * events are expected to be rare.
 *
 * Errors	a refusal is an outcome.
 */
#ifndef GATEWAY_RECEIVE_SKIP_INVALID_H
#define GATEWAY_RECEIVE_SKIP_INVALID_H

#include "gateway/model/outcome.h"
#include "gateway/receive/conn.h"
#include "gateway/receive/validate_body.h"

void skip_invalid_init(struct worker *worker);

/* Does the request skip?  Its table is known by now. */
enum outcome skip_invalid_choose(struct conn *conn);

/* What validate_body is to be given, made in `skip`; NULL: it skips nothing. */
const struct validate_body_skip *skip_invalid_begin(
    struct conn *conn, struct validate_body_skip *skip);

/* Once the body is validated: writes the dead letters. */
enum outcome skip_invalid_write(
    struct conn *conn, const struct validate_body *found);

/* The request ends so: unless events of it are kept, no dead letter stays. */
void skip_invalid_end(struct conn *conn, enum outcome outcome);

/* Its completion is back, but the connection is closed. */
void skip_invalid_abandoned(struct conn *conn);

#endif
