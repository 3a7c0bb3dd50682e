/*
 * guard - may this request be answered?
 *
 * The admin listener is reached by whoever can reach its port, browsers on
 * the same machine included; three rules keep strangers' pages out:
 *
 *	Host	must be a number, localhost or admin.host: a page of a name
 *		that was made to point here (DNS rebinding) is refused.
 *	token	where admin.token_file is set, all but the probes and the bare
 *		page want "Authorization: Bearer TOKEN".
 *	POST	must be application/json, which a page of another site cannot
 *		send without asking us first.
 *
 * Units	monotonic nanoseconds.
 * Ownership	guard_open gives, guard_close takes.
 * Threads	one at a time.
 * Errors	a token file that cannot be read: false.
 */
#ifndef GATEWAY_ADMIN_GUARD_H
#define GATEWAY_ADMIN_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/err.h"
#include "parsers/text.h"

struct guard;

bool guard_open(struct guard **out, const char *token_file, const char *host,
    int64_t now_ns, struct err *err);
void guard_close(struct guard **guard);

enum guard_need {
	GUARD_NOTHING, /* a probe */
	GUARD_HOST,    /* the bare page */
	GUARD_TOKEN,   /* and the token, if there is one */
	GUARD_JSON,    /* and the content type */
};

/* Absent headers are empty spans with a NULL. */
struct guard_request {
	struct span host, authorization, content_type;
};

struct guard_answer {
	unsigned status; /* 0: answer it */
	const char *code, *message;
};

struct guard_answer guard_ask(struct guard *guard, enum guard_need need,
    const struct guard_request *request, int64_t now_ns);

#endif
