#include "tests/auth/upstream/rig.h"

#include <stdlib.h>
#include <unistd.h>

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
