/*
 * credential_log - what the log is told about our credential.
 *
 * A failing token endpoint is asked again every few seconds, for hours if need
 * be: the first failure is told at once, the following ones are counted and
 * told at most once a minute.  The first token is news, and one after a
 * failure; the others, every few minutes, are for debugging.
 *
 * Units	instants.
 * Ownership	a plain value; zeroed is new.
 * Threads	one at a time.
 * Errors	none.  No secret comes in here, so none goes out.
 */
#ifndef GATEWAY_CLIENT_CREDENTIAL_LOG_H
#define GATEWAY_CLIENT_CREDENTIAL_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/secret.h"
#include "gateway/metrics/upstream_stats.h"
#include "gateway/base/clock.h"

struct credential_log {
	bool told;           /* of a token, and no failure since */
	int64_t failures;    /* in a row */
	int64_t untold;      /* of them, since the last line */
	struct instant last; /* that line's time */

	/* For whoever asks how it goes. */
	uint64_t good, bad;
	int64_t good_ms, bad_ms; /* since 1970; 0: never */
	char why[UPSTREAM_STATS_ERROR_MAX];
};

void credential_log_fetched(
    struct credential_log *notices, int64_t expires_s, int64_t wall_ms);
void credential_log_failed(struct credential_log *notices, const char *why,
    struct instant now, int64_t wall_ms);
void credential_log_secret(enum secret_news news, const char *why);

#endif
