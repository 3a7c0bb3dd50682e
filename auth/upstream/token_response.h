/*
 * token_response - what a token endpoint's answer is worth.
 *
 * The token goes into a header of every call, so it must be visible ASCII; and
 * a life that is not told is as bad as no token, because nobody would know
 * when to ask again.  A life beyond a day is cut to a day: a server that means
 * it loses nothing.
 *
 * Units	seconds of life, counted from the request.
 * Ownership	borrows the body; the token is copied, so wipe the grant,
 *		a refused one too.
 * Threads	none inside.
 * Errors	a text that repeats nothing of the answer but its status and
 *		the error words of RFC 6749.
 * Source	RFC 6749 sections 5.1 and 5.2.
 */
#ifndef AUTH_UPSTREAM_TOKEN_RESPONSE_H
#define AUTH_UPSTREAM_TOKEN_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/err.h"
#include "parsers/span.h"

#define TOKEN_RESPONSE_BEARER_MAX 16384 /* servers refuse larger headers */
#define TOKEN_RESPONSE_LIFE_MAX_S 86400

struct token_response {
	char bearer[TOKEN_RESPONSE_BEARER_MAX + 1];
	size_t len;
	int64_t life_s; /* 1..TOKEN_RESPONSE_LIFE_MAX_S */
};

/* The wall time counts where only the token itself says when it ends. */
bool token_response_read(unsigned status, struct span body, int64_t wall_ms,
    struct token_response *out, struct err *err);

#endif
