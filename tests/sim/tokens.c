#include "tests/sim/tokens.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define MS_PER_S        1000
#define SIGNATURE_BYTES 32
#define CLAIMS_BYTES    600

static const char url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char plain_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Without padding; `out` has room for 4 digits of each 3 bytes begun. */
static size_t
base64(const char *digits, const void *bytes, size_t len, char *out)
{
	const unsigned char *in = bytes;
	size_t n = 0, bits = 0;
	uint32_t held = 0;

	for (size_t i = 0; i < len; i++) {
		held = held << 8 | in[i];
		for (bits += 8; bits >= 6; bits -= 6)
			out[n++] = digits[held >> (bits - 6) & 63];
	}
	if (bits > 0)
		out[n++] = digits[held << (6 - bits) & 63];
	return n;
}

static void
append_part(struct token *token, const void *bytes, size_t len)
{
	if (token->len > 0)
		token->text[token->len++] = '.';
	token->len += base64(url_digits, bytes, len, token->text + token->len);
}

struct span
tokens_issue(
    struct tokens *t, const char *client, const char *realm, int64_t wall_ms)
{
	static const char head[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
	struct token *token = &t->last[t->issued++ % TOKENS_KEPT];
	unsigned char signature[SIGNATURE_BYTES] = { 0 };
	char claims[CLAIMS_BYTES];
	int len;

	token->len = 0;
	token->dies_ms = wall_ms + t->ttl_s * MS_PER_S;
	len = snprintf(claims, sizeof claims,
	    "{\"exp\":%" PRId64 ",\"iat\":%" PRId64 ",\"jti\":\"%" PRIu64
	    "\",\"iss\":\"polaris-sim/auth/realms/%s\",\"typ\":\"Bearer\","
	    "\"azp\":\"%s\"}",
	    token->dies_ms / MS_PER_S, wall_ms / MS_PER_S, t->issued, realm,
	    client);
	if (len >= (int)sizeof claims)
		len = sizeof claims - 1;
	if (getrandom(signature, sizeof signature, 0) < 0)
		signature[0] = 1; /* guessable, and still a token */
	append_part(token, head, sizeof head - 1);
	append_part(token, claims, (size_t)len);
	append_part(token, signature, sizeof signature);
	return (struct span){ token->text, token->len };
}

enum token_verdict
tokens_check(const struct tokens *t, struct span text, int64_t wall_ms)
{
	uint64_t kept = t->issued < TOKENS_KEPT ? t->issued : TOKENS_KEPT;

	if (text.len == 0) /* what a revoked one looks like */
		return TOKEN_UNKNOWN;
	for (uint64_t back = 1; back <= kept; back++) {
		const struct token *token =
		    &t->last[(t->issued - back) % TOKENS_KEPT];

		if (span_equal((struct span){ token->text, token->len }, text))
			return wall_ms < token->dies_ms ? TOKEN_GOOD
							: TOKEN_EXPIRED;
	}
	return TOKEN_UNKNOWN;
}

void
tokens_revoke(struct tokens *t)
{
	for (int i = 0; i < TOKENS_KEPT; i++)
		t->last[i].len = 0;
}

void
tokens_basic(const char *key, char *out, size_t room)
{
	char pair[TOKEN_BYTES / 2], digits[TOKEN_BYTES];
	size_t len, n;

	if (strncmp(key, "pok_", 4) != 0) {
		snprintf(out, room, "Basic %s", key);
		return;
	}
	len = (size_t)snprintf(pair, sizeof pair, "%s:", key);
	if (len >= sizeof pair)
		len = sizeof pair - 1;
	n = base64(plain_digits, pair, len, digits);
	while (n % 4 != 0)
		digits[n++] = '=';
	snprintf(out, room, "Basic %.*s", (int)n, digits);
}
