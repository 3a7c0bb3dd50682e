/*
 * answer - what is sent back to one who asked the admin listener.
 *
 * Ownership	answer_init gives, answer_fini takes; the body goes to the
 *		library when the answer is queued.
 * Threads	none inside.
 * Errors	no memory: false, and the connection is closed.
 */
#ifndef GATEWAY_ADMIN_ANSWER_H
#define GATEWAY_ADMIN_ANSWER_H

#include <stdbool.h>

#include "parsers/text.h"

struct MHD_Connection;

struct answer {
	unsigned status;
	const char *type;
	const char *allow; /* of a 405, else NULL */
	const char *policy;
	struct span constant; /* the body; or else: */
	struct buffer text;
};

/* 200, plain text, empty. */
void answer_init(struct answer *answer);
void answer_fini(struct answer *answer);

/* A stable word and a sentence, as JSON. */
void answer_refuse(struct answer *answer, unsigned status, const char *code,
    const char *message);

bool answer_queue(struct answer *answer, struct MHD_Connection *connection);

#endif
