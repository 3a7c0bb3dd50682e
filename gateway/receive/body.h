/*
 * body - the memory into which a request's body is received.
 *
 * A body is read into the record that will hold its events, so usually nothing
 * is copied: as blank lines and carriage returns drop out, lines only move
 * together.  All of it counts against listen.memory_bytes.  Where the head
 * tells the length, a body that does not fit is refused at the head.
 *
 * Ownership	the record is the request's until the spool takes it.
 * Errors	a refusal is an outcome.
 */
#ifndef GATEWAY_RECEIVE_BODY_H
#define GATEWAY_RECEIVE_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/model/outcome.h"
#include "gateway/receive/conn.h"

/* As much as the head tells, or a little where it does not. */
enum outcome body_reserve(struct conn *conn);

/* Copies the next bytes; the room doubles where it must. */
enum outcome body_append(struct conn *conn, const char *bytes, size_t len);

/* Frees what came on the wire and copies these lines in its place. */
enum outcome body_replace(struct conn *conn, const char *lines, size_t bytes);

/* Gives back what is unused behind the first `bytes`. */
void body_trim(struct conn *conn, uint32_t bytes);

/* Frees the record, unless the spool has it, and what was reserved. */
void body_release(struct conn *conn);

#endif
