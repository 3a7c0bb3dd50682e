/*
 * admin - what people and probes ask: is it up, can it keep events.
 *
 * A small HTTP daemon on a thread of its own; it never touches the path of an
 * event.
 *
 *	GET /livez	200 while the process is up
 *	GET /readyz	200 when it can keep events now, else 503 and why
 *
 * It begins not ready ("starting"): say admin_ready(admin, NULL) once the rest
 * is up.
 *
 * Ownership	admin_start gives, admin_stop takes.
 * Threads	admin_ready from any.
 * Errors	cannot listen: false and a text that says which address and
 *		what to do.
 */
#ifndef GATEWAY_ADMIN_ADMIN_H
#define GATEWAY_ADMIN_ADMIN_H

#include <stdbool.h>

#include "parsers/err.h"

struct admin_options {
	char *address; /* "host:port"; port 0: any free one */
};

struct admin;

bool admin_start(
    struct admin **out, const struct admin_options *options, struct err *err);

/* The address in force, with the port that was chosen. */
const char *admin_address(const struct admin *admin);

/* NULL: ready.  Else one of a few constant words, such as "draining". */
void admin_ready(struct admin *admin, const char *why_not);
void admin_stop(struct admin **admin);

#endif
