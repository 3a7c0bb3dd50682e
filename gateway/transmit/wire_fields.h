/*
 * wire_fields - what stands in the heads of many requests alike, ready to be
 * sent, with the secret in it.
 *
 * A credential lives for minutes, in which thousands of requests carry it: its
 * field is made once.  The requests under way share it, each for as long as it
 * needs it, so that a renewed credential does not pull the old one from under
 * them; the last one wipes it.
 *
 * Units	none.
 * Ownership	shared: every make and every hold wants a release.
 * Threads	one.
 * Errors	NULL: no memory.
 */
#ifndef GATEWAY_TRANSMIT_WIRE_FIELDS_H
#define GATEWAY_TRANSMIT_WIRE_FIELDS_H

#include <stdbool.h>

#include "parsers/text.h"

struct wire_fields {
	unsigned users;
	struct buffer lines; /* each with its CR LF */
	struct span secret;  /* in the Authorization; empty: there is none */
};

/* Of calls: JSON, packed or not, and the Authorization unless it is NULL. */
struct wire_fields *wire_fields_make(const char *authorization, bool gzip);
struct wire_fields *wire_fields_of_form(void);
struct wire_fields *wire_fields_hold(struct wire_fields *fields);
void wire_fields_release(struct wire_fields *fields);

#endif
