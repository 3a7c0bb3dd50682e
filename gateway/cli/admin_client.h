/*
 * admin_client - one request to our own admin listener, and its answer's body.
 *
 * Just what the commands need: no redirect, no encryption, no connection kept.
 *
 * Units	bytes.
 * Ownership	the body goes to the caller's buffer.
 * Threads	any; a GET blocks for some seconds at most, a POST until what
 *		was asked is done.
 * Errors	nobody there, no answer, not 200: false and a text that says
 *		what to do; the gateway's own words where it has some.
 */
#ifndef GATEWAY_CLI_ADMIN_CLIENT_H
#define GATEWAY_CLI_ADMIN_CLIENT_H

#include <stdbool.h>

#include "parsers/err.h"
#include "parsers/buffer.h"
#include "parsers/span.h"

#define ADMIN_CLIENT_TOKEN_MAX 4096

/* Of the token's file the line, without what ends it; false: there is none. */
bool admin_client_token(const char *path, char token[ADMIN_CLIENT_TOKEN_MAX]);

/* `address` is HOST:PORT or http://HOST:PORT; `token` may be NULL. */
bool admin_client_get(const char *address, const char *path, const char *token,
    struct buffer *body_out, struct err *err);

/* The body is JSON. */
bool admin_client_post(const char *address, const char *path, const char *token,
    struct span body, struct buffer *body_out, struct err *err);

#endif
