/* refused_test - a credential that the upstream answered 401 to. */
#include "tests/auth/upstream/rig.h"

Test(refused, a_401_renews_at_once_and_once)
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

Test(refused, a_token_that_one_table_is_refused_with_serves_the_others)
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

Test(refused, a_401_during_a_renewal_waits_for_that_one)
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

Test(refused, a_renewal_in_vain_is_told_until_one_is_accepted)
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
Test(refused, five_minutes_of_401_cost_a_fetch_a_step)
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
