/*
 * rig - a credential, and what its token endpoint says, in time of our making.
 *
 * Everything is static: each test file has its own.
 */
#ifndef TESTS_AUTH_UPSTREAM_RIG_H
#define TESTS_AUTH_UPSTREAM_RIG_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "auth/upstream/credential.h"

#define MAYBE    __attribute__((unused)) static
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define S        INT64_C(1000000000)
#define MS       INT64_C(1000000)
#define WALL_MS  INT64_C(1795514400000)
#define LATEST   UINT64_MAX /* the random number that waits longest */

MAYBE char url[] = "https://id.example/token", id[] = "me&co",
	   hidden[] = "hunter2+/=";

MAYBE const struct credential_options oauth2 = {
	.kind = CREDENTIAL_OAUTH2,
	.token_url = url,
	.client_id = id,
	.client_secret = hidden,
};

MAYBE struct credential *
open_with(const struct credential_options *options)
{
	struct credential *c = NULL;
	struct err err = { 0 };

	cr_assert(credential_open(&c, options, 0, &err), "%s", err.text);
	return c;
}

MAYBE bool
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

MAYBE void
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

MAYBE void
expect_header(struct credential *c, int64_t now_ns, const char *want)
{
	const char *header = credential_header(c, now_ns);

	cr_expect_eq(
	    header != NULL, want != NULL, "at %lld", (long long)now_ns);
	if (header != NULL && want != NULL)
		cr_expect_str_eq(header, want);
	cr_expect_eq(credential_usable(c, now_ns), want != NULL);
}

#endif
