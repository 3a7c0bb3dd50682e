/*
 * response_class - what an upstream's answer means for the batch that got it.
 *
 * A table: an HTTP status, or the kind of trouble when there was no response,
 * is looked up, and the row carries the word for log and metric and the advice
 * for a person.  No class drops an event.  What no row covers is held.
 *
 * Ownership	rows are constants.
 * Threads	any.
 */
#ifndef GATEWAY_SCHEDULER_RESPONSE_CLASS_H
#define GATEWAY_SCHEDULER_RESPONSE_CLASS_H

#include "gateway/scheduler/upstream.h"

enum response_class_kind {
	RESPONSE_CLASS_DELIVERED,  /* Polaris has it */
	RESPONSE_CLASS_RENEW,      /* our token was old: again with the next */
	RESPONSE_CLASS_LATER,      /* trouble that passes: again later */
	RESPONSE_CLASS_PAUSE,      /* over the organization's limit: all wait */
	RESPONSE_CLASS_SPLIT,      /* an event is refused: find out which */
	RESPONSE_CLASS_HOLD,       /* a person must act: kept, seldom tried */
	RESPONSE_CLASS_CREDENTIAL, /* refused: all may wait, one call tries */
	RESPONSE_CLASS_KINDS
};

struct response_class {
	enum response_class_kind kind;
	const char *word;
	const char *advice; /* NULL: nothing needs to be done */
};

const struct response_class *response_class_of(
    const struct upstream_answer *answer);

#endif
