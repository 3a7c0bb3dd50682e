/*
 * notices - what the log is told about our credential.
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
#ifndef GATEWAY_TRANSMIT_NOTICES_H
#define GATEWAY_TRANSMIT_NOTICES_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/secret.h"
#include "gateway/books.h"
#include "gateway/clock.h"

struct notices {
	bool told;           /* of a token, and no failure since */
	int64_t failures;    /* in a row */
	int64_t untold;      /* of them, since the last line */
	struct instant last; /* that line's time */

	/* For whoever asks how it goes. */
	uint64_t good, bad;
	int64_t good_ms, bad_ms; /* since 1970; 0: never */
	char why[BOOKS_ERROR_MAX];
};

void notices_fetched(
    struct notices *notices, int64_t expires_s, int64_t wall_ms);
void notices_failed(struct notices *notices, const char *why,
    struct instant now, int64_t wall_ms);
void notices_secret(enum secret_news news, const char *why);

#endif
