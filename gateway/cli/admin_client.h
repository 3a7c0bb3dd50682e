/*
 * admin_client - one request to the admin address of a gateway.
 *
 * Only what our commands need: no redirect, no TLS, no keep-alive.  A GET gives
 * up after some seconds; a POST blocks until the gateway has done what was
 * asked, because a replay may take long.
 *
 * Ownership	the answer's body is appended to the caller's buffer.
 * Errors	no gateway, no answer, or not 200: false and a text that says
 *		what to do, with the gateway's own message where it has one.
 */
#ifndef GATEWAY_CLI_ADMIN_CLIENT_H
#define GATEWAY_CLI_ADMIN_CLIENT_H

#include <stdbool.h>

#include "parsers/err.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

#define ADMIN_CLIENT_TOKEN_MAX 4096

/* The first line of the file, without its line end; false: there is none. */
bool admin_client_token(const char *path, char token[ADMIN_CLIENT_TOKEN_MAX]);

/* `address` is HOST:PORT or http://HOST:PORT; `token` may be NULL. */
bool admin_client_get(const char *address, const char *path, const char *token,
    struct buffer *body_out, struct err *err);

/* The body is JSON. */
bool admin_client_post(const char *address, const char *path, const char *token,
    struct span body, struct buffer *body_out, struct err *err);

#endif
