/*
 * request - may this request head be believed at all?
 *
 * Two programs that read the same bytes must agree where one request ends and
 * the next begins; where they do not, the second request is the attacker's.
 * So a head is refused unless it leaves no room for a second reading: each
 * framing field once, in its plainest spelling, and never two of them.  It is
 * fed field by field, by whatever server took the bytes off the wire, and
 * gives back the few fields that the program looks at.
 *
 *	http_request_begin -> http_request_field, http_request_field, ... -> http_request_finish
 *
 * Units	bytes.
 * Ownership	`values` borrow from the fields that were fed.
 * Threads	none inside.
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
	HTTP_REQUEST_LENGTH_MISSING, /* the one that is 411, all others are 400 */
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

/* The fields that are looked at; each at most once in a head. */
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
	struct span
	    wanted; /* the name of one more, set behind http_request_begin, */
	struct span found; /* and its first value */
};

void http_request_begin(
    struct http_request *head, struct span method, struct span version);
void http_request_field(
    struct http_request *head, struct span name, struct span value);

/* For what only the feeder can know; a fault that was found before is kept. */
void http_request_refuse(
    struct http_request *head, enum http_request_fault fault);

/* To be called when every field was fed. */
enum http_request_fault http_request_finish(struct http_request *head);

/* Does a body follow the head? */
bool http_request_has_body(const struct http_request *head);

/* What a person should read; never a byte of the request. */
const char *http_request_fault_text(enum http_request_fault fault);

#endif
