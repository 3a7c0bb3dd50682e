#include <criterion/criterion.h>
#include <string.h>

#include "tests/sim/tokens.h"

#define NOON INT64_C(1740000000999)

static struct tokens tokens;

Test(tokens, a_token_dies_exactly_after_its_life)
{
	struct span text;

	tokens.ttl_s = 2;
	text = tokens_issue(&tokens, "id", "org", NOON);
	cr_expect_eq(tokens_check(&tokens, text, NOON), TOKEN_GOOD);
	cr_expect_eq(tokens_check(&tokens, text, NOON + 1999), TOKEN_GOOD);
	cr_expect_eq(tokens_check(&tokens, text, NOON + 2000), TOKEN_EXPIRED);
}

Test(tokens, no_two_are_alike_and_the_last_256_are_known)
{
	char first[TOKEN_BYTES];
	struct span text, older;

	tokens.ttl_s = 300;
	text = tokens_issue(&tokens, "id", "org", NOON);
	memcpy(first, text.at, text.len);
	older = (struct span){ first, text.len };
	for (int i = 1; i < TOKENS_KEPT; i++)
		cr_expect_not(span_equal(
		    older, tokens_issue(&tokens, "id", "org", NOON)));
	cr_expect_eq(tokens_check(&tokens, older, NOON), TOKEN_GOOD);
	tokens_issue(&tokens, "id", "org", NOON);
	cr_expect_eq(tokens_check(&tokens, older, NOON), TOKEN_UNKNOWN);
}

Test(tokens, revoked_ones_and_nothing_are_unknown)
{
	struct span text;
	char copy[TOKEN_BYTES];

	tokens.ttl_s = 300;
	text = tokens_issue(&tokens, "id", "org", NOON);
	memcpy(copy, text.at, text.len);
	tokens_revoke(&tokens);
	cr_expect_eq(
	    tokens_check(&tokens, (struct span){ copy, text.len }, NOON),
	    TOKEN_UNKNOWN);
	cr_expect_eq(tokens_check(&tokens, SPAN(""), NOON), TOKEN_UNKNOWN);
}

Test(tokens, the_longest_names_fit)
{
	char id[401], realm[129];

	memset(id, 'i', sizeof id - 1);
	memset(realm, 'r', sizeof realm - 1);
	id[sizeof id - 1] = realm[sizeof realm - 1] = '\0';
	tokens.ttl_s = 300;
	cr_expect_lt(tokens_issue(&tokens, id, realm, NOON).len, TOKEN_BYTES);
}

Test(tokens, a_key_becomes_what_the_header_must_be)
{
	static const struct {
		const char *key, *want;
	} cases[] = {
		{ "pok_a", "Basic cG9rX2E6" },
		{ "pok_ab", "Basic cG9rX2FiOg==" },
		{ "pok_abc", "Basic cG9rX2FiYzo=" },
		{ "cG9rX2E6", "Basic cG9rX2E6" },
	};
	char text[100];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		tokens_basic(cases[i].key, text, sizeof text);
		cr_expect_str_eq(text, cases[i].want, "%s", cases[i].key);
	}
}
