/*
 * response - an HTTP/1.1 response as it arrives: lines of a head, pieces of a
 * body, and where it ends.
 *
 * Only the framing is understood here; what the lines say is the caller's
 * matter, and so is how many of them there may be.  Wherever two readers could
 * disagree about the end, this one gives up: the connection is not used again.
 *
 *	http_response_begin --> http_response_next, until DONE or BROKEN -->
 *http_response_begin
 *
 * Interim heads (1xx) come as lines like the final one.  Behind the body there
 * may be lines as well: trailers.
 *
 * Units	bytes.
 * Ownership	init gives, fini takes.  `out` points into the input or into
 *		the response, good until the next call.
 * Threads	none inside.
 * Errors	HTTP_RESPONSE_BROKEN, and it stays so: it is not HTTP/1, or has no
 *		certain end.
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
	HTTP_RESPONSE_WANTS, /* more input: all of it was taken */
	HTTP_RESPONSE_LINE, /* of a head, with its line end; an empty one ends it */
	HTTP_RESPONSE_PIECE, /* of the body, without its framing */
	HTTP_RESPONSE_DONE,  /* what is left of the input is no part of it */
	HTTP_RESPONSE_BROKEN,
	HTTP_RESPONSE_ENDLESS, /* broken: a line of more than HTTP_RESPONSE_LINE_MAX */
};

struct http_response {
	int state;
	struct buffer line; /* as much of it as has arrived */
	bool line_is_out;   /* it was given: forget it */
	unsigned status;
	unsigned minor; /* of HTTP/1 */
	bool chunked, coded, sized;
	bool close, keep_alive; /* what Connection says */
	uint64_t left;          /* of the body, or of the chunk */
};

void http_response_init(struct http_response *r);
void http_response_fini(struct http_response *r);

void http_response_begin(struct http_response *r);

/* Takes from `in` what it returns, and steps over it. */
enum http_response_step http_response_next(
    struct http_response *r, struct span *in, struct span *out);

/* Done, and the connection may carry another request. */
bool http_response_keeps(const struct http_response *r);

#endif
