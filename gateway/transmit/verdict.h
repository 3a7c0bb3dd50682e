/*
 * verdict - what an upstream's answer means for the batch that got it.
 *
 * Rows, not branches: a status, or the kind of trouble when there is none, is
 * looked up, and the row carries the word for log and metric and the advice
 * for whoever reads it.  No verdict drops an event.
 *
 * Units	HTTP statuses; for trouble, the word that `why` begins with.
 * Ownership	rows are constant and live for ever.
 * Threads	any.
 * Errors	none: what no row covers is held.
 */
#ifndef GATEWAY_TRANSMIT_VERDICT_H
#define GATEWAY_TRANSMIT_VERDICT_H

#include "gateway/transmit/upstream.h"

enum verdict_kind {
	VERDICT_DELIVERED, /* Polaris has it */
	VERDICT_RENEW,     /* our token was old: again with the next one */
	VERDICT_LATER,     /* trouble that passes: again after a backoff */
	VERDICT_PAUSE,     /* the organization is over its limit: all wait */
	VERDICT_SPLIT,     /* an event in it is refused: find out which */
	VERDICT_HOLD,      /* a person must act: keep, and try now and then */
	VERDICT_LOCKED,    /* the credential is bad: all wait, one tries */
	VERDICT_KINDS
};

struct verdict {
	enum verdict_kind kind;
	const char *word;
	const char *advice; /* NULL where nothing needs doing */
};

const struct verdict *verdict_of(const struct upstream_answer *answer);

#endif
