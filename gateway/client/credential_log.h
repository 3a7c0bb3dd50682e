/*
 * credential_log - what is logged about our credential.
 *
 * A failing token endpoint is asked again every few seconds, perhaps for hours:
 * the first failure is logged at once, later ones are counted and logged once a
 * minute at most.  The first token, and the first after a failure, are logged
 * at info; the others, every few minutes, at debug.
 *
 * No secret is passed to it, so none can be logged.  Zeroed is new.
 */
#ifndef GATEWAY_CLIENT_CREDENTIAL_LOG_H
#define GATEWAY_CLIENT_CREDENTIAL_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/secret.h"
#include "gateway/metrics/upstream_stats.h"
#include "gateway/base/clock.h"

struct credential_log {
	bool logged;         /* a token, and no failure since */
	int64_t failures;    /* in a row */
	int64_t unlogged;    /* of them, since the last line */
	struct instant last; /* that line's time */

	/* For metrics and the status page. */
	uint64_t good, bad;
	int64_t good_ms, bad_ms; /* since 1970; 0: never */
	char why[UPSTREAM_STATS_ERROR_MAX];
};

void credential_log_fetched(
    struct credential_log *log, int64_t expires_s, int64_t wall_ms);
void credential_log_failed(struct credential_log *log, const char *why,
    struct instant now, int64_t wall_ms);
void credential_log_secret(enum secret_news news, const char *why);

#endif
