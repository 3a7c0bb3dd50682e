/* token_response_test - what is asked of the token endpoint, and what it may answer. */
#include "tests/auth/upstream/rig.h"

#include <stdlib.h>

#define HEAD "{\"access_token\":\"abc\",\"token_type\":\"Bearer\""
/* A JWT of {"alg":"none"}; exp 1795514700 is WALL_MS and 300 s. */
#define JWT_EXP_300  "eyJhbGciOiJub25lIn0.eyJleHAiOjE3OTU1MTQ3MDB9."
#define JWT_EXP_PAST "eyJhbGciOiJub25lIn0.eyJleHAiOjE3OTU1MTQ0MDB9."

/* clang-format off */
static const struct {
	unsigned status;
	const char *body;
	int64_t life_s;		/* 0: refused, and `why` is in the text */
	const char *why;
} answers[] = {
	{ 200, HEAD ",\"expires_in\":300}", 300, "" },
	{ 200, "{\"access_token\":\"abc\",\"expires_in\":300}", 300, "" },
	{ 200, "{\"access_token\":\"abc\",\"expires_in\":300,"
	       "\"token_type\":\"bEARER\",\"scope\":\"\",\"x\":[{}]}", 300, "" },
	{ 200, HEAD ",\"expires_in\":1}", 1, "" },
	{ 200, HEAD ",\"expires_in\":86401}", 86400, "" },
	{ 200, HEAD ",\"expires_in\":9223372036854775807}", 86400, "" },
	{ 200, "{\"access_token\":\"" JWT_EXP_300 "\"}", 300, "" },
	{ 200, "{\"access_token\":\"" JWT_EXP_300 "\",\"expires_in\":60}", 60, "" },
	{ 200, "{\"access_token\":\"" JWT_EXP_PAST "\"}", 0, "life" },
	{ 200, HEAD "}", 0, "neither" },
	{ 200, HEAD ",\"expires_in\":0}", 0, "life" },
	{ 200, HEAD ",\"expires_in\":-300}", 0, "life" },
	{ 200, HEAD ",\"expires_in\":\"300\"}", 0, "expires_in" },
	{ 200, HEAD ",\"expires_in\":300.0}", 0, "expires_in" },
	{ 200, HEAD ",\"expires_in\":null}", 0, "expires_in" },
	{ 200, HEAD ",\"expires_in\":1e99}", 0, "expires_in" },
	{ 200, HEAD ",\"expires_in\":99999999999999999999}", 0, "expires_in" },
	{ 200, HEAD ",\"expires_in\":300,\"expires_in\":1}", 0, "expires_in" },
	{ 200, HEAD ",\"expires_in\":300", 0, "JSON" },
	{ 200, HEAD ",\"expires_in\":300}}", 0, "JSON" },
	{ 200, HEAD ",\"expires_in\":300}{}", 0, "JSON" },
	{ 200, "", 0, "JSON" },
	{ 200, "<html><body>Sign in</body></html>", 0, "JSON" },
	{ 200, "[]", 0, "JSON" },
	{ 200, "\"abc\"", 0, "JSON" },
	{ 200, "{\"expires_in\":300}", 0, "access_token" },
	{ 200, "{\"access_token\":\"\",\"expires_in\":300}", 0, "access_token" },
	{ 200, "{\"access_token\":null,\"expires_in\":300}", 0, "access_token" },
	{ 200, "{\"access_token\":7,\"expires_in\":300}", 0, "access_token" },
	{ 200, "{\"access_token\":{\"a\":\"b\"},\"expires_in\":300}", 0, "access_token" },
	{ 200, "{\"access_token\":\"a\",\"access_token\":\"b\",\"expires_in\":300}",
	  0, "access_token" },
	{ 200, "{\"access_token\":\"a\\r\\nX-Evil: 1\",\"expires_in\":300}", 0, "ASCII" },
	{ 200, "{\"access_token\":\"a b\",\"expires_in\":300}", 0, "ASCII" },
	{ 200, "{\"access_token\":\"a\\u0000b\",\"expires_in\":300}", 0, "ASCII" },
	{ 200, "{\"access_token\":\"a\\u007f\",\"expires_in\":300}", 0, "ASCII" },
	{ 200, "{\"access_token\":\"\xc3\xa9\",\"expires_in\":300}", 0, "ASCII" },
	{ 200, "{\"access_token\":\"a\",\"expires_in\":300,\"token_type\":\"mac\"}",
	  0, "token_type" },
	{ 200, "{\"access_token\":\"a\",\"expires_in\":300,\"token_type\":\"\"}",
	  0, "token_type" },
	{ 200, "{\"access_token\":\"a\",\"expires_in\":300,\"token_type\":null}",
	  0, "token_type" },
	{ 201, HEAD ",\"expires_in\":300}", 0, "status 201" },
	{ 204, "", 0, "status 204" },
	{ 302, "", 0, "status 302" },
	{ 401, "{\"error\":\"invalid_client\"}", 0, "invalid_client" },
	{ 400, "{\"error\":\"hunter2+/=\"}", 0, "status 400" },
	{ 400, "{\"error\":{\"code\":1}}", 0, "status 400" },
	{ 500, "<html>", 0, "status 500" },
};
/* clang-format on */

Test(token_response, hostile_answers_are_refused_with_a_reason)
{
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct credential *c = open_with(&oauth2);
		struct err err = { 0 };
		bool ok;

		cr_expect(credential_step(c, 0));
		ok = answer(c, answers[i].status, answers[i].body, 0, &err);
		cr_expect_eq(ok, answers[i].life_s > 0, "%s: %s",
		    answers[i].body, err.text);
		cr_expect_eq(credential_expires_s(c, 0),
		    ok ? answers[i].life_s : -1, "%s", answers[i].body);
		cr_expect(strstr(err.text, answers[i].why) != NULL, "%s: %s",
		    answers[i].body, err.text);
		cr_expect(strstr(err.text, "hunter2") == NULL, "%s", err.text);
		cr_expect(strstr(err.text, "Evil") == NULL, "%s", err.text);
		cr_expect_eq(credential_usable(c, 0), ok);
		if (!ok)
			cr_expect_eq(credential_due_ns(c), 500 * MS);
		credential_close(&c);
	}
}

Test(token_response, huge_answers_are_refused)
{
	/* of the token, of the whole body */
	static const size_t sizes[][2] = { { 16384, 17000 }, { 16385, 17000 },
		{ 100, 65536 }, { 100, 65537 } };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct credential *c = open_with(&oauth2);
		size_t token = sizes[i][0], whole = sizes[i][1];
		char *body = malloc(whole + 1);
		struct err err = { 0 };
		int len;

		memset(body, ' ', whole);
		len = sprintf(body, "{\"expires_in\":300,\"access_token\":\"");
		memset(body + len, 'x', token);
		memcpy(body + len + token, "\"}", 2);
		body[whole] = '\0';
		cr_expect(credential_step(c, 0));
		cr_expect_eq(
		    answer(c, 200, body, 0, &err), i % 2 == 0, "%zu", i);
		free(body);
		credential_close(&c);
	}
}

Test(token_response, an_answer_slower_than_the_life_it_grants_is_refused)
{
	struct credential *c = open_with(&oauth2);
	struct err err = { 0 };

	cr_expect(credential_step(c, 0));
	cr_expect(!answer(c, 200, HEAD ",\"expires_in\":5}", 5 * S, &err));
	expect_header(c, 5 * S, NULL);
	credential_close(&c);
}

Test(token_response, the_form_is_url_encoded)
{
	struct credential_options options = oauth2;
	struct credential *c = open_with(&options);
	struct err err = { 0 };
	char scope[] = "events write";

	cr_expect_str_eq(credential_form(c, &err).at,
	    "grant_type=client_credentials&client_id=me%26co&"
	    "client_secret=hunter2%2B%2F%3D");
	options.scope = scope;
	cr_expect_str_eq(credential_form(c, &err).at,
	    "grant_type=client_credentials&client_id=me%26co&"
	    "client_secret=hunter2%2B%2F%3D&scope=events%20write");
	credential_close(&c);
}
