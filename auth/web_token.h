/*
 * web_token - the expiry time that a bearer token itself states.
 *
 * It is needed only when a token response has no expires_in.  The signature is
 * not checked: verifying the token is the receiver's task, and a wrong expiry
 * costs one refused request.
 *
 * Errors	false: not a JWT, over WEB_TOKEN_BYTES_MAX, or `exp` is
 *		missing, not an integer, not positive, or after the year 9999.
 * Source	RFC 7519 section 4.1.4.
 */
#ifndef AUTH_WEB_TOKEN_H
#define AUTH_WEB_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#define WEB_TOKEN_BYTES_MAX 8192 /* libjwt copies a token to the stack */

bool web_token_expiry(const char *token, int64_t *exp_s_out);

#endif
