/*
 * tokens - bearer tokens as Keycloak gives and Kong checks them.
 *
 * A token looks like a JWT, and its claims are true, but nobody verifies
 * a signature here: we remember what we gave.  A token is good until exactly
 * ttl after its issue; its `exp` is that instant rounded down, so a client
 * that goes by it is never late.
 *
 * Units	seconds for lives, milliseconds since 1970 for now.
 * Ownership	a plain value; zeroed but for `ttl_s` it is ready.
 * Threads	none inside.
 * Errors	none; a verdict is a value.
 */
#ifndef SIM_TOKENS_H
#define SIM_TOKENS_H

#include <stdint.h>

#include "parsers/span.h"

#define TOKENS_KEPT 256 /* an older one is unknown again */
#define TOKEN_BYTES 1024

enum token_verdict { TOKEN_GOOD, TOKEN_EXPIRED, TOKEN_UNKNOWN };

struct token {
	int64_t dies_ms;
	size_t len;
	char text[TOKEN_BYTES];
};

struct tokens {
	int64_t ttl_s;
	uint64_t issued;
	struct token last[TOKENS_KEPT];
};

/* The text lives until TOKENS_KEPT more were issued. */
struct span tokens_issue(
    struct tokens *t, const char *client, const char *realm, int64_t wall_ms);

enum token_verdict tokens_check(
    const struct tokens *t, struct span text, int64_t wall_ms);

void tokens_revoke(struct tokens *t); /* all that were given */

/* "Basic …" for a key: what the Authorization header must be. */
void tokens_basic(const char *key, char *out, size_t room);

#endif
