/*
 * request - checks that a request head has only one possible meaning.
 *
 * If two programs read the same bytes and disagree about where a request ends,
 * an attacker can hide a second request in the first (request smuggling).  So
 * a head is refused unless each framing field stands once, in its plainest
 * form, and Content-Length and Transfer-Encoding do not stand together.  The
 * HTTP server hands over one field at a time; the few fields that the program
 * needs are kept.
 *
 *	http_request_begin
 *	http_request_field, for each field
 *	http_request_finish
 *
 * Ownership	`values` borrow from the fields that were handed over.
 * Errors	a refusal is a value; the first fault is kept.
 * Source	RFC 9110 sections 5 and 10.1.1, RFC 9112 sections 3 and 6.
 */
#ifndef PARSERS_HTTP_REQUEST_H
#define PARSERS_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"

enum http_request_fault {
	HTTP_REQUEST_FINE,
	HTTP_REQUEST_LENGTH_MISSING, /* 411; all others: 400 */
	HTTP_REQUEST_METHOD,
	HTTP_REQUEST_VERSION,
	HTTP_REQUEST_NAME,
	HTTP_REQUEST_VALUE,
	HTTP_REQUEST_HIDDEN,
	HTTP_REQUEST_HOST,
	HTTP_REQUEST_LENGTH,
	HTTP_REQUEST_CODING,
	HTTP_REQUEST_CODING_OLD,
	HTTP_REQUEST_BOTH,
	HTTP_REQUEST_TWICE,
	HTTP_REQUEST_EXPECT,
	HTTP_REQUEST_FAULTS
};

/* The fields that the program needs; each at most once in a head. */
enum http_request_name {
	HTTP_REQUEST_NAME_HOST,
	HTTP_REQUEST_NAME_CONTENT_LENGTH,
	HTTP_REQUEST_NAME_TRANSFER_ENCODING,
	HTTP_REQUEST_NAME_CONTENT_TYPE,
	HTTP_REQUEST_NAME_CONTENT_ENCODING,
	HTTP_REQUEST_NAME_AUTHORIZATION,
	HTTP_REQUEST_NAME_EXPECT,
	HTTP_REQUEST_NAME_GATEWAY_ACK,
	HTTP_REQUEST_NAMES
};

struct http_request {
	enum http_request_fault fault;
	bool post;
	bool old; /* HTTP/1.0 */
	bool chunked;
	bool sized;      /* a Content-Length was given */
	uint64_t length; /* its value; UINT64_MAX: or more */
	struct span values[HTTP_REQUEST_NAMES]; /* `at` is NULL where absent */
	struct span wanted; /* name of one more field; set after _begin */
	struct span found;  /* its first value; `at` is NULL where absent */
};

void http_request_begin(
    struct http_request *head, struct span method, struct span version);
void http_request_field(
    struct http_request *head, struct span name, struct span value);

/* For faults that only the server can see; an earlier fault is kept. */
void http_request_refuse(
    struct http_request *head, enum http_request_fault fault);

/* After the last field. */
enum http_request_fault http_request_finish(struct http_request *head);

/* Does a body follow the head? */
bool http_request_has_body(const struct http_request *head);

/* A sentence for people; it never repeats bytes of the request. */
const char *http_request_fault_text(enum http_request_fault fault);

#endif
