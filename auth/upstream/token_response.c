#include "auth/upstream/token_response.h"

#include <string.h>

#include "auth/web_token.h"
#include "parsers/json/jdoc.h"

/* Only words of RFC 6749 section 5.2 are logged: a server may send anything. */
static const char *
error_word(struct span body)
{
	static const char *const words[] = { "invalid_request",
		"invalid_client", "invalid_grant", "unauthorized_client",
		"unsupported_grant_type", "invalid_scope" };
	struct jdoc *doc;
	struct err err;
	char word[40];
	size_t len;
	enum jdoc_answer answer;

	if (!jdoc_open(&doc, body, &err))
		return "no error word";
	answer = jdoc_string(doc, "error", word, sizeof word, &len);
	jdoc_close(&doc);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (answer == JDOC_FOUND && strcmp(word, words[i]) == 0)
			return words[i];
	return "no error word";
}

static bool
read_bearer(const struct jdoc *doc, struct token_response *r, struct err *err)
{
	enum jdoc_answer answer = jdoc_string(
	    doc, "access_token", r->bearer, sizeof r->bearer, &r->len);

	if (answer == JDOC_RANGE)
		return err_set(err, ERR_LIMIT, 0, "a token of over %d bytes",
		    TOKEN_RESPONSE_BEARER_MAX);
	if (answer != JDOC_FOUND || r->len == 0)
		return err_set(err, ERR_INPUT, 0,
		    "access_token is missing, empty, doubled or no string");
	for (size_t i = 0; i < r->len; i++)
		if (r->bearer[i] < 0x21 || r->bearer[i] > 0x7e)
			return err_set(err, ERR_INPUT, 0,
			    "the token holds what is not visible ASCII");
	return true;
}

static bool
read_type(const struct jdoc *doc, struct err *err)
{
	char type[16];
	size_t len;
	enum jdoc_answer answer =
	    jdoc_string(doc, "token_type", type, sizeof type, &len);

	if (answer == JDOC_ABSENT)
		return true;
	if (answer == JDOC_FOUND &&
	    span_equal_nocase((struct span){ type, len }, SPAN("bearer")))
		return true;
	return err_set(err, ERR_INPUT, 0, "token_type is not Bearer");
}

static bool
read_life(const struct jdoc *doc, int64_t wall_ms, struct token_response *r,
    struct err *err)
{
	enum jdoc_answer answer;
	int64_t exp_s;

	answer = jdoc_integer(doc, "expires_in", &r->life_s);
	if (answer == JDOC_ABSENT) {
		if (!web_token_expiry(r->bearer, &exp_s))
			return err_set(err, ERR_INPUT, 0,
			    "neither expires_in nor an exp in the token");
		r->life_s = exp_s - wall_ms / 1000;
	} else if (answer != JDOC_FOUND) {
		return err_set(
		    err, ERR_INPUT, 0, "expires_in is not one integer");
	}
	if (r->life_s <= 0)
		return err_set(err, ERR_INPUT, 0,
		    "the token's life is over before it begins");
	if (r->life_s > TOKEN_RESPONSE_LIFE_MAX_S)
		r->life_s = TOKEN_RESPONSE_LIFE_MAX_S;
	return true;
}

bool
token_response_read(unsigned status, struct span body, int64_t wall_ms,
    struct token_response *out, struct err *err)
{
	struct jdoc *doc;
	bool ok;

	if (status != 200)
		return err_set(err, ERR_INPUT, 0, "status %u, %s", status,
		    error_word(body));
	if (!jdoc_open(&doc, body, err))
		return false;
	ok = read_bearer(doc, out, err) && read_type(doc, err) &&
	     read_life(doc, wall_ms, out, err);
	jdoc_close(&doc);
	return ok;
}
