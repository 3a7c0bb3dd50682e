#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "auth/web_token.h"
#include "parsers/base64.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define RS256    "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"1\"}"

static void
append_url64(struct buffer *b, const char *text)
{
	size_t from = b->len;

	cr_assert(base64_append(b, span_of(text)));
	while (b->len > from && b->at[b->len - 1] == '=')
		b->len--;
	for (size_t i = from; i < b->len; i++)
		b->at[i] = b->at[i] == '+'   ? '-'
			   : b->at[i] == '/' ? '_'
					     : b->at[i];
	b->at[b->len] = '\0';
}

static struct buffer
make_token(const char *header, const char *claims)
{
	struct buffer b;

	buffer_init(&b, 1 << 20);
	append_url64(&b, header);
	cr_assert(buffer_append(&b, ".", 1));
	append_url64(&b, claims);
	cr_assert(buffer_append(&b, ".c2lnbmF0dXJl", 13));
	return b;
}

/* clang-format off */
static const struct {
	const char *header, *claims;
	int64_t want;	/* 0: none */
} cases[] = {
	{ RS256, "{\"exp\":1795514400}", 1795514400 },
	{ RS256, "{\"exp\":1795514400,\"iat\":1795514100,\"a\":[{\"b\":[]}]}",
	  1795514400 },
	{ "{\"alg\":\"none\"}", "{\"exp\":1795514400}", 1795514400 },
	{ "{\"alg\":\"HS256\"}", "{\"exp\":1795514400}", 1795514400 },
	{ RS256, "{}", 0 },
	{ RS256, "{\"exp\":\"1795514400\"}", 0 },
	{ RS256, "{\"exp\":1795514400.5}", 0 },
	{ RS256, "{\"exp\":1.7955144e9}", 0 },
	{ RS256, "{\"exp\":null}", 0 },
	{ RS256, "{\"exp\":true}", 0 },
	{ RS256, "{\"exp\":0}", 0 },
	{ RS256, "{\"exp\":-1}", 0 },
	{ RS256, "{\"exp\":253402300799}", 253402300799 },
	{ RS256, "{\"exp\":253402300800}", 0 },
	{ RS256, "{\"exp\":9223372036854775808}", 0 },
	{ RS256, "{\"exp\":[1795514400]}", 0 },
	{ RS256, "{\"a\":{\"exp\":1795514400}}", 0 },
	{ RS256, "[1795514400]", 0 },
	{ RS256, "1795514400", 0 },
	{ RS256, "{\"exp\":1795514400", 0 },
	{ "{}", "{\"exp\":1795514400}", 0 },
	{ "{\"alg\":\"XY\"}", "{\"exp\":1795514400}", 0 },
};
static const char *const garbage[] = {
	"", ".", "..", "...", "a", "a.b", "a.b.c", "opaque-token", "....",
	"eyJhbGciOiJSUzI1NiJ9", "eyJhbGciOiJSUzI1NiJ9.", "eyJhbGciOiJSUzI1NiJ9..",
	"%%%.%%%.%%%", "\xff\xfe.\xff.\xff",
};
/* clang-format on */

Test(web_token, its_end_is_an_integer_or_it_has_none)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer b = make_token(cases[i].header, cases[i].claims);
		int64_t exp = 0;

		cr_expect_eq(web_token_expiry(b.at, &exp), cases[i].want != 0,
		    "%s", cases[i].claims);
		cr_expect_eq(exp, cases[i].want, "%s", cases[i].claims);
		buffer_fini(&b);
	}
}

Test(web_token, what_is_no_jwt_has_no_end)
{
	int64_t exp = 7;

	for (size_t i = 0; i < COUNT(garbage); i++)
		cr_expect(
		    !web_token_expiry(garbage[i], &exp), "%s", garbage[i]);
	cr_expect_eq(exp, 7);
}

Test(web_token, its_size_has_a_maximum)
{
	char claims[8000];
	struct buffer b;
	int64_t exp;

	for (int room = 6000; room < 6200; room++) {
		snprintf(claims, sizeof claims,
		    "{\"exp\":1795514400,\"a\":\"%*s\"}", room, "");
		b = make_token(RS256, claims);
		cr_expect_eq(web_token_expiry(b.at, &exp),
		    b.len <= WEB_TOKEN_BYTES_MAX, "%zu bytes", b.len);
		buffer_fini(&b);
	}
}
