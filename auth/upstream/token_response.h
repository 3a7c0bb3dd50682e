/*
 * token_response - the access token and its lifetime, read from the answer of
 * a token endpoint.
 *
 * The token is sent in a header of every request, so it must be visible
 * ASCII.  A token without a stated lifetime is refused: we would not know when
 * to fetch the next one.  A lifetime of over a day is cut to a day, which
 * costs one early fetch.
 *
 * Units	`life_s` counts from the moment of the request.
 * Ownership	borrows the body.  The token is copied: the caller overwrites
 *		the struct after use, also after a failure.
 * Errors	the text repeats nothing of the answer but its status and the
 *		error words of RFC 6749.
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

/* `wall_ms` is used only if the expiry comes from the token itself. */
bool token_response_read(unsigned status, struct span body, int64_t wall_ms,
    struct token_response *out, struct err *err);

#endif
