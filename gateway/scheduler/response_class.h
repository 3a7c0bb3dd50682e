/*
 * response_class - what an upstream's answer means for the batch that got it.
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
#ifndef GATEWAY_SCHEDULER_RESPONSE_CLASS_H
#define GATEWAY_SCHEDULER_RESPONSE_CLASS_H

#include "gateway/scheduler/upstream.h"

enum response_class_kind {
	RESPONSE_CLASS_DELIVERED, /* Polaris has it */
	RESPONSE_CLASS_RENEW, /* our token was old: again with the next one */
	RESPONSE_CLASS_LATER, /* trouble that passes: again after a backoff */
	RESPONSE_CLASS_PAUSE, /* the organization is over its limit: all wait */
	RESPONSE_CLASS_SPLIT, /* an event in it is refused: find out which */
	RESPONSE_CLASS_HOLD, /* a person must act: keep, and try now and then */
	RESPONSE_CLASS_LOCKED, /* the credential is bad: all wait, one tries */
	RESPONSE_CLASS_KINDS
};

struct response_class {
	enum response_class_kind kind;
	const char *word;
	const char *advice; /* NULL where nothing needs doing */
};

const struct response_class *response_class_of(
    const struct upstream_answer *answer);

#endif
