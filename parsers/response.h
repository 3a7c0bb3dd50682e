/*
 * response - an HTTP/1.1 response as it arrives: lines of a head, pieces of a
 * body, and where it ends.
 *
 * Only the framing is understood here; what the lines say is the caller's
 * matter, and so is how many of them there may be.  Wherever two readers could
 * disagree about the end, this one gives up: the connection is not used again.
 *
 *	response_begin --> response_next, until DONE or BROKEN -->
 *response_begin
 *
 * Interim heads (1xx) come as lines like the final one.  Behind the body there
 * may be lines as well: trailers.
 *
 * Units	bytes.
 * Ownership	init gives, fini takes.  `out` points into the input or into
 *		the response, good until the next call.
 * Threads	none inside.
 * Errors	RESPONSE_BROKEN, and it stays so: it is not HTTP/1, or has no
 *		certain end.
 * Source	RFC 9112 sections 4, 5, 6.3, 7.1 and 9.3.
 */
#ifndef PARSERS_RESPONSE_H
#define PARSERS_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/text.h"

#define RESPONSE_LINE_MAX 32768

enum response_step {
	RESPONSE_WANTS, /* more input: all of it was taken */
	RESPONSE_LINE,  /* of a head, with its line end; an empty one ends it */
	RESPONSE_PIECE, /* of the body, without its framing */
	RESPONSE_DONE,  /* what is left of the input is no part of it */
	RESPONSE_BROKEN,
	RESPONSE_ENDLESS, /* broken: a line of more than RESPONSE_LINE_MAX */
};

struct response {
	int state;
	struct buffer line; /* as much of it as has arrived */
	bool line_is_out;   /* it was given: forget it */
	unsigned status;
	unsigned minor; /* of HTTP/1 */
	bool chunked, coded, sized;
	bool close, keep_alive; /* what Connection says */
	uint64_t left;          /* of the body, or of the chunk */
};

void response_init(struct response *r);
void response_fini(struct response *r);

void response_begin(struct response *r);

/* Takes from `in` what it returns, and steps over it. */
enum response_step response_next(
    struct response *r, struct span *in, struct span *out);

/* Done, and the connection may carry another request. */
bool response_keeps(const struct response *r);

#endif
