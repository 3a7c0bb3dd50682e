/*
 * access - may this request be answered?
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
 * Ownership	access_open gives, access_close takes.
 * Threads	one at a time.
 * Errors	a token file that cannot be read: false.
 */
#ifndef GATEWAY_ADMIN_ACCESS_H
#define GATEWAY_ADMIN_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/err.h"
#include "parsers/span.h"

struct access;

bool access_open(struct access **out, const char *token_file, const char *host,
    int64_t now_ns, struct err *err);
void access_close(struct access **guard);

enum access_need {
	ACCESS_NOTHING, /* a probe */
	ACCESS_HOST,    /* the bare page */
	ACCESS_TOKEN,   /* and the token, if there is one */
	ACCESS_JSON,    /* and the content type */
};

/* Absent headers are empty spans with a NULL. */
struct access_request {
	struct span host, authorization, content_type;
};

struct access_answer {
	unsigned status; /* 0: answer it */
	const char *code, *message;
};

struct access_answer access_ask(struct access *guard, enum access_need need,
    const struct access_request *request, int64_t now_ns);

#endif
