/*
 * admin - the HTTP listener for people, probes and Prometheus.
 *
 * A small daemon on a thread of its own; no event passes through it.
 *
 *	GET /livez	200 while the process is up
 *	GET /readyz	200 when it can keep events now, else 503 and why
 *	GET /metrics	the numbers, for Prometheus
 *	GET /status	the numbers and what they mean, as JSON; since=MS omits
 *			older history
 *	GET /		a page that shows /status
 *	GET /dead-letters, POST /dead-letters/replay and /purge: see
 *			dead_letter_api.h
 *
 * Who may ask what: access.h.  /readyz answers "starting" until
 * admin_ready(admin, NULL) is called.
 *
 * Ownership	admin_start gives, admin_stop takes; options, facts and the
 *		registry are borrowed.
 * Threads	admin_ready from any.
 * Errors	cannot listen, unreadable token: false and a text that says
 *		which address or file and what to do.
 */
#ifndef GATEWAY_ADMIN_ADMIN_H
#define GATEWAY_ADMIN_ADMIN_H

#include <stdbool.h>

#include "gateway/metrics/registry.h"
#include "gateway/base/log.h"
#include "gateway/deadletter/admin_job.h"
#include "parsers/err.h"

struct admin_options {
	char *address;    /* "host:port"; port 0: any free one */
	char *host;       /* a name by which we may be asked; NULL: none */
	char *token_file; /* NULL: no token is asked for */
};

struct admin;

/* `facts`, shown as they are: what an operator chose, without secrets. */
bool admin_start(struct admin **out, const struct admin_options *options,
    const struct log_field *facts, struct registry *registry, struct err *err);

/* The address in force, with the port that was chosen. */
const char *admin_address(const struct admin *admin);

/* NULL: ready.  Else one of a few constant words, such as "draining". */
void admin_ready(struct admin *admin, const char *why_not);

/*
 * Who runs the jobs on dead letters; NULL: nobody, and once this returns no
 * job is started any more.  Running ones must end before admin_stop.
 */
void admin_set_jobs(struct admin *admin, struct admin_jobs *jobs);
void admin_stop(struct admin **admin);

#endif
