#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/credential.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define S        INT64_C(1000000000)
#define MS       INT64_C(1000000)
#define WALL_MS  INT64_C(1795514400000)
#define LATEST   UINT64_MAX /* the random number that waits longest */

static char url[] = "https://id.example/token", id[] = "me&co",
	    hidden[] = "hunter2+/=";

static const struct credential_options oauth2 = {
	.kind = CREDENTIAL_OAUTH2,
	.token_url = url,
	.client_id = id,
	.client_secret = hidden,
};

static struct credential *
open_with(const struct credential_options *options)
{
	struct credential *c = NULL;
	struct err err = { 0 };

	cr_assert(credential_open(&c, options, 0, &err), "%s", err.text);
	return c;
}

static bool
answer(struct credential *c, unsigned status, const char *body, int64_t now_ns,
    struct err *err)
{
	struct credential_reply reply = { .status = status,
		.body = span_of(body),
		.now_ns = now_ns,
		.wall_ms = WALL_MS,
		.random = LATEST };

	return credential_answer(c, &reply, err);
}

static void
grant(struct credential *c, const char *token, int life_s, int64_t now_ns)
{
	struct err err = { 0 };
	char body[200];

	snprintf(body, sizeof body,
	    "{\"access_token\":\"%s\",\"expires_in\":%d,"
	    "\"token_type\":\"Bearer\"}",
	    token, life_s);
	cr_assert(answer(c, 200, body, now_ns, &err), "%s", err.text);
}

static void
expect_header(struct credential *c, int64_t now_ns, const char *want)
{
	const char *header = credential_header(c, now_ns);

	cr_expect_eq(
	    header != NULL, want != NULL, "at %lld", (long long)now_ns);
	if (header != NULL && want != NULL)
		cr_expect_str_eq(header, want);
	cr_expect_eq(credential_usable(c, now_ns), want != NULL);
}

Test(credential, a_token_is_renewed_at_three_quarters_of_its_life)
{
	struct credential *c = open_with(&oauth2);

	expect_header(c, 0, NULL);
	cr_expect(credential_step(c, 0));
	cr_expect(!credential_step(c, 0), "one fetch at a time");
	cr_expect_eq(credential_due_ns(c), INT64_MAX);
	/* Asked at 0, answered 200 ms later: the life counts from 0. */
	grant(c, "one", 300, 200 * MS);
	expect_header(c, 200 * MS, "Bearer one");
	cr_expect_eq(credential_due_ns(c), 225 * S);
	cr_expect_eq(credential_expires_s(c, 100 * S), 200);
	cr_expect(!credential_step(c, 225 * S - 1));
	cr_expect(credential_step(c, 225 * S));
	expect_header(c, 225 * S, "Bearer one");
	cr_expect(!credential_step(c, 226 * S), "one fetch at a time");
	grant(c, "two", 4, 226 * S);
	expect_header(c, 226 * S, "Bearer two");
	cr_expect_eq(credential_due_ns(c), 228 * S);
	credential_close(&c);
	credential_close(&c);
}

Test(credential, the_old_token_serves_while_it_lives_and_no_longer)
{
	struct credential *c = open_with(&oauth2);
	struct err err = { 0 };
	int64_t now = 0;
	int fetches = 0;

	cr_expect(credential_step(c, 0));
	grant(c, "one", 300, 0);
	/* The endpoint is down for ten minutes from the first renewal on. */
	for (now = 225 * S; now < 825 * S; now += 100 * MS) {
		expect_header(c, now, now < 300 * S ? "Bearer one" : NULL);
		if (!credential_step(c, now))
			continue;
		fetches++;
		if (fetches % 2 == 0)
			credential_failed(c, now, LATEST);
		else
			cr_expect(!answer(c, 503, "no", now, &err));
		cr_expect_gt(credential_due_ns(c), now);
		cr_expect_leq(credential_due_ns(c), now + 60 * S);
	}
	/* 0.5 + 1 + 2 + ... + 32 s, then one a minute. */
	cr_expect_geq(fetches, 15);
	cr_expect_leq(fetches, 17);
	cr_expect_eq(credential_expires_s(c, now), -1);
	while (!credential_step(c, now))
		now = credential_due_ns(c);
	grant(c, "two", 300, now);
	expect_header(c, now, "Bearer two");
	credential_close(&c);
}

Test(credential, a_life_that_ends_during_a_fetch_does_not_disturb_it)
{
	struct credential *c = open_with(&oauth2);

	cr_expect(credential_step(c, 0));
	grant(c, "one", 4, 0);
	cr_expect(credential_step(c, 3 * S));
	cr_expect_eq(credential_due_ns(c), 4 * S);
	cr_expect(!credential_step(c, 4 * S));
	expect_header(c, 4 * S, NULL);
	grant(c, "two", 10, 5 * S);
	expect_header(c, 5 * S, "Bearer two");
	credential_close(&c);
}

/* A failed renewal goes on failing while its token ends. */
Test(credential, a_failed_renewal_and_an_ended_token_leave_nothing)
{
	struct credential *c = open_with(&oauth2);

	cr_expect(credential_step(c, 0));
	grant(c, "one", 4, 0);
	cr_expect(credential_step(c, 3 * S));
	credential_failed(c, 3900 * MS, LATEST);
	expect_header(c, 3900 * MS, "Bearer one");
	cr_expect_eq(credential_due_ns(c), 4 * S, "its end comes first");
	cr_expect(!credential_step(c, 4 * S));
	expect_header(c, 4 * S, NULL);
	cr_expect(credential_step(c, 5 * S));
	credential_close(&c);
}

Test(credential, the_backoff_has_full_jitter)
{
	struct credential *c = open_with(&oauth2);
	int64_t now = 0, ceiling = S / 2;

	for (int i = 0; i < 10; i++) {
		cr_assert(credential_step(c, now));
		credential_failed(c, now, LATEST);
		cr_expect_eq(credential_due_ns(c), now + ceiling, "%d", i);
		now += ceiling;
		ceiling = ceiling * 2 > 60 * S ? 60 * S : ceiling * 2;
	}
	cr_assert(credential_step(c, now));
	credential_failed(c, now, UINT64_MAX / 2);
	cr_expect_eq(credential_due_ns(c), now + 30 * S);
	now += 30 * S;
	cr_assert(credential_step(c, now));
	credential_failed(c, now, 0);
	cr_expect_eq(credential_due_ns(c), now + 1);
	credential_close(&c);
}

Test(credential, a_401_renews_at_once_and_once)
{
	struct credential *c = open_with(&oauth2);
	uint64_t first;

	cr_expect(credential_step(c, 0));
	grant(c, "one", 300, 0);
	first = credential_generation(c);
	for (int i = 0; i < 256; i++)
		cr_expect_eq(
		    credential_refused(c, first, i % 2, 10 * S, LATEST),
		    CREDENTIAL_RENEWS);
	expect_header(c, 10 * S, NULL);
	cr_expect(credential_step(c, 10 * S));
	cr_expect(!credential_step(c, 10 * S));
	cr_expect_eq(
	    credential_refused(c, first, 1, 10 * S, LATEST), CREDENTIAL_RENEWS);
	grant(c, "two", 300, 11 * S);
	cr_expect_neq(credential_generation(c), first);
	cr_expect_eq(
	    credential_refused(c, first, 1, 11 * S, LATEST), CREDENTIAL_RENEWS);
	expect_header(c, 11 * S, "Bearer two");
	cr_expect(!credential_step(c, 11 * S), "an old 401 renews nothing");
	credential_close(&c);
}

Test(credential, a_token_that_one_table_is_refused_with_serves_the_others)
{
	struct credential *c = open_with(&oauth2);

	cr_expect(credential_step(c, 0));
	grant(c, "one", 300, 0);
	credential_accepted(c, 1);
	for (int i = 0; i < 3; i++)
		cr_expect_eq(credential_refused(c, 1, 7, 10 * S, LATEST),
		    CREDENTIAL_RENEWS);
	expect_header(c, 10 * S, "Bearer one");
	cr_expect(credential_step(c, 10 * S), "a new one is fetched");
	cr_expect(!credential_step(c, 10 * S), "once");
	/* The token endpoint is down: nobody else pays for that. */
	credential_failed(c, 20 * S, LATEST);
	cr_expect_eq(
	    credential_refused(c, 1, 7, 20 * S, LATEST), CREDENTIAL_RENEWS);
	expect_header(c, 20 * S, "Bearer one");
	cr_expect(credential_step(c, 21 * S));
	grant(c, "two", 300, 21 * S);
	cr_expect_eq(
	    credential_refused(c, 2, 7, 22 * S, LATEST), CREDENTIAL_WRONG);
	expect_header(c, 22 * S, "Bearer two");
	credential_accepted(c, 2);
	cr_expect_eq(
	    credential_refused(c, 2, 7, 22 * S, LATEST), CREDENTIAL_RENEWS);
	expect_header(c, 22 * S, "Bearer two");
	/* A second one is: then it is the token. */
	cr_expect_eq(
	    credential_refused(c, 2, 8, 23 * S, LATEST), CREDENTIAL_RENEWS);
	expect_header(c, 23 * S, NULL);
	credential_close(&c);
}

Test(credential, a_401_during_a_renewal_waits_for_that_one)
{
	struct credential *c = open_with(&oauth2);

	cr_expect(credential_step(c, 0));
	grant(c, "one", 300, 0);
	cr_expect(credential_step(c, 225 * S));
	cr_expect_eq(
	    credential_refused(c, credential_generation(c), 1, 226 * S, LATEST),
	    CREDENTIAL_RENEWS);
	expect_header(c, 226 * S, "Bearer one");
	cr_expect_eq(
	    credential_refused(c, credential_generation(c), 2, 226 * S, LATEST),
	    CREDENTIAL_RENEWS);
	expect_header(c, 226 * S, NULL);
	cr_expect(!credential_step(c, 226 * S));
	grant(c, "two", 300, 227 * S);
	expect_header(c, 227 * S, "Bearer two");
	credential_close(&c);
}

Test(credential, a_renewal_in_vain_is_told_until_one_is_accepted)
{
	struct credential *c = open_with(&oauth2);

	cr_expect(credential_step(c, 0));
	grant(c, "one", 300, 0);
	cr_expect_eq(credential_refused(c, 1, 1, S, LATEST), CREDENTIAL_RENEWS);
	cr_expect(credential_step(c, S));
	grant(c, "two", 300, S);
	cr_expect_eq(credential_refused(c, 2, 1, S, LATEST), CREDENTIAL_WRONG);
	cr_expect_eq(credential_refused(c, 2, 1, S, LATEST), CREDENTIAL_WRONG);
	cr_expect(!credential_step(c, S), "not at once a second time");
	cr_expect(credential_step(c, 2 * S));
	grant(c, "three", 300, 2 * S);
	credential_accepted(c, 2);
	cr_expect_eq(
	    credential_refused(c, 3, 1, 3 * S, LATEST), CREDENTIAL_WRONG);
	cr_expect(credential_step(c, 5 * S));
	grant(c, "four", 300, 5 * S);
	credential_accepted(c, 4);
	cr_expect_eq(
	    credential_refused(c, 4, 1, 200 * S, LATEST), CREDENTIAL_RENEWS);
	cr_expect(credential_step(c, 200 * S), "a minute later it is new");
	credential_close(&c);
}

/* Whatever is sent gets 401, as fast as a token can be had: 300 s long. */
Test(credential, five_minutes_of_401_cost_a_fetch_a_step)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct credential *c = open_with(&oauth2);
		uint64_t random = seed, tables = 1 + seed % 3;
		int fetches = 0;

		for (int64_t now = 0; now < 300 * S; now += 10 * MS) {
			random = random * 6364136223846793005u +
				 1442695040888963407u;
			if (credential_step(c, now)) {
				fetches++;
				grant(c, "t", 300, now);
			}
			if (credential_header(c, now) != NULL)
				credential_refused(c, credential_generation(c),
				    (random >> 40) % tables, now, random);
		}
		cr_expect_geq(fetches, 8, "seed %d", (int)seed);
		cr_expect_leq(fetches, 45, "seed %d: %d", (int)seed, fetches);
		credential_close(&c);
	}
}

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

Test(credential, hostile_answers_are_refused_with_a_reason)
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

Test(credential, huge_answers_are_refused)
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

Test(credential, an_answer_slower_than_the_life_it_grants_is_refused)
{
	struct credential *c = open_with(&oauth2);
	struct err err = { 0 };

	cr_expect(credential_step(c, 0));
	cr_expect(!answer(c, 200, HEAD ",\"expires_in\":5}", 5 * S, &err));
	expect_header(c, 5 * S, NULL);
	credential_close(&c);
}

Test(credential, the_form_is_url_encoded)
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

/* clang-format off */
static struct {
	char key[16];
	const char *header;
} keys[] = {
	{ "pok_abc", "Basic cG9rX2FiYzo=" },
	{ "cG9rX2FiYzo=", "Basic cG9rX2FiYzo=" },
	{ "pok", "Basic pok" },
	{ "xpok_abc", "Basic xpok_abc" },
};
/* clang-format on */

Test(credential, an_api_key_is_basic_and_cannot_be_renewed)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct credential_options options = {
			.kind = CREDENTIAL_API_KEY, .api_key = keys[i].key
		};
		struct credential *c = open_with(&options);

		expect_header(c, 0, keys[i].header);
		cr_expect_eq(credential_refused(
				 c, credential_generation(c), 1, 0, LATEST),
		    CREDENTIAL_WRONG);
		expect_header(c, 0, keys[i].header);
		cr_expect(!credential_step(c, 0));
		cr_expect_eq(credential_due_ns(c), INT64_MAX);
		cr_expect_eq(credential_expires_s(c, 0), -1);
		credential_close(&c);
	}
}

Test(credential, none_sends_nothing)
{
	struct credential_options options = { .kind = CREDENTIAL_NONE };
	struct credential *c = open_with(&options);
	struct err err = { 0 };

	cr_expect(credential_usable(c, 0));
	cr_expect_null(credential_header(c, 0));
	cr_expect(!credential_step(c, 0));
	cr_expect_eq(credential_refresh(c, 0, &err), SECRET_SAME);
	cr_expect_eq(credential_refused(c, credential_generation(c), 1, 0, 0),
	    CREDENTIAL_WRONG);
	credential_close(&c);
}

Test(credential, half_a_configuration_is_refused)
{
	struct credential_options bad[] = { oauth2, oauth2, oauth2, oauth2,
		{ .kind = CREDENTIAL_API_KEY } };
	struct credential *c = NULL;
	struct err err = { 0 };

	bad[0].token_url = NULL;
	bad[1].client_id = NULL;
	bad[2].client_secret = NULL;
	bad[3].client_secret_file = url;
	for (size_t i = 0; i < COUNT(bad); i++) {
		cr_expect(!credential_open(&c, &bad[i], 0, &err), "%zu", i);
		cr_expect_null(c);
		cr_expect(strstr(err.text, "hunter2") == NULL);
	}
}

static void
write_secret(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert(file != NULL && fputs(text, file) >= 0);
	cr_assert_eq(fclose(file), 0);
}

Test(credential, two_wrong_secrets_in_a_row_then_the_right_one)
{
	char path[] = "/tmp/credential_test.XXXXXX";
	struct credential_options options = oauth2;
	struct credential *c;
	struct err err = { 0 };
	int64_t now = 0;

	close(mkstemp(path));
	options.client_secret = NULL;
	options.client_secret_file = path;
	write_secret(path, "wrong");
	c = open_with(&options);
	for (int i = 0; i < 8; i++) {
		cr_assert(credential_step(c, now));
		cr_expect(!answer(c, 401, "{}", now, &err));
		now += 60 * S;
		credential_refresh(c, now, &err);
	}
	cr_assert(credential_step(c, now));
	cr_expect(!answer(c, 401, "{}", now, &err));
	cr_expect(!credential_step(c, now + 2 * S), "far up the backoff");

	write_secret(path, "wrong, too");
	now += 3 * S;
	cr_expect_eq(credential_refresh(c, now, &err), SECRET_UNUSABLE);
	write_secret(path, "wrong-too");
	now += S;
	cr_expect_eq(credential_refresh(c, now, &err), SECRET_CHANGED);
	cr_assert(credential_step(c, now), "a new secret is tried at once");
	cr_expect(strstr(credential_form(c, &err).at, "wrong-too") != NULL);
	cr_expect(!answer(c, 401, "{}", now, &err));
	now += S;
	write_secret(path, "right\n");
	cr_expect_eq(credential_refresh(c, now, &err), SECRET_CHANGED);
	cr_assert(credential_step(c, now));
	cr_expect(strstr(credential_form(c, &err).at, "secret=right") != NULL);
	grant(c, "one", 300, now);
	expect_header(c, now, "Bearer one");
	cr_expect_leq(credential_due_ns(c), now + S, "the file is watched");
	unlink(path);
	credential_close(&c);
}

Test(credential, a_replaced_api_key_is_a_new_generation)
{
	char path[] = "/tmp/credential_test.XXXXXX";
	struct credential_options options = { .kind = CREDENTIAL_API_KEY,
		.api_key_file = path };
	struct credential *c;
	struct err err = { 0 };
	uint64_t first;

	close(mkstemp(path));
	write_secret(path, "b25l");
	c = open_with(&options);
	first = credential_generation(c);
	write_secret(path, "dHdvdHdv");
	cr_expect_eq(credential_refresh(c, S, &err), SECRET_CHANGED);
	expect_header(c, S, "Basic dHdvdHdv");
	cr_expect_eq(credential_refused(c, first, 1, S, 0), CREDENTIAL_RENEWS);
	cr_expect_eq(credential_refused(c, credential_generation(c), 1, S, 0),
	    CREDENTIAL_WRONG);
	unlink(path);
	credential_close(&c);
}
