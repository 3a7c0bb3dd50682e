/*
 * admin_answer - what is sent back to one who asked the admin listener.
 *
 * Ownership	admin_answer_init gives, admin_answer_fini takes; the body goes to the
 *		library when the answer is queued.
 * Threads	none inside.
 * Errors	no memory: false, and the connection is closed.
 */
#ifndef GATEWAY_ADMIN_ADMIN_ANSWER_H
#define GATEWAY_ADMIN_ADMIN_ANSWER_H

#include <stdbool.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

struct MHD_Connection;

struct admin_answer {
	unsigned status;
	const char *type;
	const char *allow; /* of a 405, else NULL */
	const char *policy;
	struct span constant; /* the body; or else: */
	struct buffer text;
};

/* 200, plain text, empty. */
void admin_answer_init(struct admin_answer *answer);
void admin_answer_fini(struct admin_answer *answer);

/* A stable word and a sentence, as JSON. */
void admin_answer_refuse(struct admin_answer *answer, unsigned status,
    const char *code, const char *message);

bool admin_answer_queue(
    struct admin_answer *answer, struct MHD_Connection *connection);

#endif
