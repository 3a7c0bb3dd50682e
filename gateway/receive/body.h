/*
 * body - the room in which a request is collected, and its events stay.
 *
 * A body is read into the record that will hold its events, so that nothing
 * is copied on the usual way: the lines only move together as blank ones and
 * carriage returns drop out.  All room counts against listen.memory_bytes, and
 * what is not to be had is refused at the head where the length is told.
 *
 * Units	bytes.
 * Ownership	the record is the request's until the spool takes it.
 * Threads	its worker's.
 * Errors	a refusal is an outcome.
 */
#ifndef GATEWAY_RECEIVE_BODY_H
#define GATEWAY_RECEIVE_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/model/outcome.h"

struct conn;

/* As large as the head told, or small where it did not. */
enum outcome body_expect(struct conn *conn);

/* Once expected.  Takes over the next piece; room doubles where it must. */
enum outcome body_add(struct conn *conn, const char *bytes, size_t len);

/* What came on the wire makes place for a copy of these lines. */
enum outcome body_replace(struct conn *conn, const char *lines, size_t bytes);

/* Gives back what is spare behind the first `bytes`. */
void body_trim(struct conn *conn, uint32_t bytes);

/* The record, unless the spool has it, and what was reserved for it. */
void body_end(struct conn *conn);

#endif
