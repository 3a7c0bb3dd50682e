/*
 * access - may this request to the admin listener be answered?
 *
 * Everybody who can reach its port can send it requests, also a browser on the
 * same machine that shows a page of somebody else.  Three rules refuse these:
 *
 *	Host	must be an IP address, localhost or admin.host; so a foreign name
 *		that resolves to this address (DNS rebinding) is refused.
 *	token	where admin.token_file is set, all but the probes and the empty
 *		page need "Authorization: Bearer TOKEN".
 *	POST	must be application/json, which a browser does not send for a
 *		page of another site without asking us first.
 *
 * The token file is read again when it changes.
 *
 * Ownership	access_open gives, access_close takes.
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
void access_close(struct access **access);

enum access_need {
	ACCESS_NOTHING, /* a probe */
	ACCESS_HOST,    /* the page, without numbers */
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

struct access_answer access_ask(struct access *access, enum access_need need,
    const struct access_request *request, int64_t now_ns);

#endif
