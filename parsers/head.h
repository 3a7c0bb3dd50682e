/*
 * head - may this request head be believed at all?
 *
 * Two programs that read the same bytes must agree where one request ends and
 * the next begins; where they do not, the second request is the attacker's.
 * So a head is refused unless it leaves no room for a second reading: each
 * framing field once, in its plainest spelling, and never two of them.  It is
 * fed field by field, by whatever server took the bytes off the wire, and
 * gives back the few fields that the program looks at.
 *
 *	head_begin -> head_field, head_field, ... -> head_finish
 *
 * Units	bytes.
 * Ownership	`values` borrow from the fields that were fed.
 * Threads	none inside.
 * Errors	a refusal is a value; the first fault is kept.
 * Source	RFC 9110 sections 5 and 10.1.1, RFC 9112 sections 3 and 6.
 */
#ifndef PARSERS_HEAD_H
#define PARSERS_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/text.h"

enum head_fault {
	HEAD_FINE,
	HEAD_LENGTH_MISSING, /* the one that is 411, all others are 400 */
	HEAD_METHOD,
	HEAD_VERSION,
	HEAD_NAME,
	HEAD_VALUE,
	HEAD_HIDDEN,
	HEAD_HOST,
	HEAD_LENGTH,
	HEAD_CODING,
	HEAD_CODING_OLD,
	HEAD_BOTH,
	HEAD_TWICE,
	HEAD_EXPECT,
	HEAD_FAULTS
};

/* The fields that are looked at; each at most once in a head. */
enum head_name {
	HEAD_NAME_HOST,
	HEAD_NAME_CONTENT_LENGTH,
	HEAD_NAME_TRANSFER_ENCODING,
	HEAD_NAME_CONTENT_TYPE,
	HEAD_NAME_CONTENT_ENCODING,
	HEAD_NAME_AUTHORIZATION,
	HEAD_NAME_EXPECT,
	HEAD_NAME_GATEWAY_ACK,
	HEAD_NAMES
};

struct head {
	enum head_fault fault;
	bool post;
	bool old; /* HTTP/1.0 */
	bool chunked;
	bool sized;                     /* a Content-Length was given */
	uint64_t length;                /* its value; UINT64_MAX: or more */
	struct span values[HEAD_NAMES]; /* `at` is NULL where absent */
	struct span wanted; /* the name of one more, set behind head_begin, */
	struct span found;  /* and its first value */
};

void head_begin(struct head *head, struct span method, struct span version);
void head_field(struct head *head, struct span name, struct span value);

/* For what only the feeder can know; a fault that was found before is kept. */
void head_refuse(struct head *head, enum head_fault fault);

/* To be called when every field was fed. */
enum head_fault head_finish(struct head *head);

/* Does a body follow the head? */
bool head_has_body(const struct head *head);

/* What a person should read; never a byte of the request. */
const char *head_fault_text(enum head_fault fault);

#endif
