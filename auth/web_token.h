/*
 * web_token - when does a bearer token say that it ends?
 *
 * Only asked where a token answer has no expires_in.  The token is not ours to
 * verify: whoever it is sent to does that, and believing its end wrongly costs
 * one refused call.  So its signature is not looked at.
 *
 * Units	seconds since 1970.
 * Ownership	borrows.
 * Threads	none inside.
 * Errors	false: not a JWT, over WEB_TOKEN_BYTES_MAX, or without an `exp` that
 *		is an integer of this epoch.
 * Source	RFC 7519 section 4.1.4.
 */
#ifndef AUTH_WEB_TOKEN_H
#define AUTH_WEB_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#define WEB_TOKEN_BYTES_MAX 8192 /* libjwt copies a token to the stack */

bool web_token_expiry(const char *token, int64_t *exp_s_out);

#endif
