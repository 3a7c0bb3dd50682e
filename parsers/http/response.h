/*
 * response - parses an HTTP/1.1 response as it arrives: the lines of its head,
 * the pieces of its body, and its end.
 *
 * Only the framing is parsed.  The caller reads the lines, and limits how many
 * there may be.  If two parsers could disagree about the end of a response,
 * this one gives up, and the connection must not be used again.
 *
 *	http_response_begin
 *	http_response_next, until DONE or BROKEN
 *	http_response_begin, for the next response of the connection
 *
 * Lines of interim heads (1xx) are given like those of the final one.  Lines
 * after the body are trailers.
 *
 * Ownership	init gives, fini frees.  `out` points into the input or into
 *		the response, valid until the next call.
 * Errors	HTTP_RESPONSE_BROKEN at this and every later call: it is not
 *		HTTP/1, or its end is not certain.
 * Source	RFC 9112 sections 4, 5, 6.3, 7.1 and 9.3.
 */
#ifndef PARSERS_HTTP_RESPONSE_H
#define PARSERS_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/buffer.h"
#include "parsers/span.h"

#define HTTP_RESPONSE_LINE_MAX 32768

enum http_response_step {
	HTTP_RESPONSE_WANTS, /* more input: all of it was read */
	HTTP_RESPONSE_LINE,  /* with its line end; an empty one ends the head */
	HTTP_RESPONSE_PIECE, /* of the body, without its framing */
	HTTP_RESPONSE_DONE,  /* the rest of the input does not belong to it */
	HTTP_RESPONSE_BROKEN,
	HTTP_RESPONSE_LINE_TOO_LONG, /* broken: over HTTP_RESPONSE_LINE_MAX */
};

struct http_response {
	int state;
	struct buffer line; /* the part that has arrived */
	bool line_given;    /* it was given to the caller: reset it */
	unsigned status;
	unsigned minor; /* of HTTP/1 */
	bool chunked, coded, sized;
	bool close, keep_alive; /* from Connection */
	uint64_t left;          /* bytes of the body or of the chunk */
};

void http_response_init(struct http_response *r);
void http_response_fini(struct http_response *r);

void http_response_begin(struct http_response *r);

/* Removes from `in` what it has read. */
enum http_response_step http_response_next(
    struct http_response *r, struct span *in, struct span *out);

/* It is complete, and the connection can be used for another request. */
bool http_response_reusable(const struct http_response *r);

#endif
