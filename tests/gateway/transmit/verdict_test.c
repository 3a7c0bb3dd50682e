#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "gateway/transmit/verdict.h"
#include "gateway/transmit/wire_failure.h"

static enum verdict_kind
kind_of(unsigned status, bool renewing)
{
	struct upstream_answer answer = { .status = status,
		.renewing = renewing };

	return verdict_of(&answer)->kind;
}

/* Contract 3, every status; what is not named there is held. */
static enum verdict_kind
contract(unsigned status)
{
	switch (status) {
	case 401:
		return VERDICT_RENEW;
	case 429:
		return VERDICT_PAUSE;
	case 400:
	case 413:
	case 422:
		return VERDICT_SPLIT;
	case 408:
	case 425:
		return VERDICT_LATER;
	default:
		return status / 100 == 2   ? VERDICT_DELIVERED
		       : status / 100 == 5 ? VERDICT_LATER
					   : VERDICT_HOLD;
	}
}

Test(verdict, every_status_has_the_verdict_of_the_contract)
{
	for (unsigned status = 100; status < 600; status++)
		cr_expect_eq(
		    kind_of(status, true), contract(status), "%u", status);
	cr_expect_eq(kind_of(0, false), VERDICT_HOLD);
	cr_expect_eq(kind_of(999, false), VERDICT_HOLD);
	cr_expect_eq(kind_of(401, false), VERDICT_LOCKED);
}

/* Each kind of trouble that a sender may tell. */
static const char *const troubles[] = { "dns", "connect", "tls", "timeout",
	"reset", "garbage", "memory", "credential" };

Test(verdict, whoever_got_no_answer_tries_again_whatever_the_status_says)
{
	struct upstream_answer answer = { .status = 200 };
	const struct verdict *verdict;
	char why[64];

	for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
		snprintf(why, sizeof why, "%s: as it happens", troubles[i]);
		answer.why = why;
		answer.end = UPSTREAM_UNREACHED;
		verdict = verdict_of(&answer);
		cr_expect_eq(verdict->kind, VERDICT_LATER);
		cr_expect_str_eq(verdict->word, troubles[i]);
		cr_expect_not_null(verdict->advice);
		answer.end = UPSTREAM_UNKNOWN;
		cr_expect_eq(verdict_of(&answer), verdict);
	}
	answer.why = "dnssec is something else";
	cr_expect_eq(verdict_of(&answer)->kind, VERDICT_LATER);
	cr_expect_str_eq(verdict_of(&answer)->word, "trouble");
}

/* All of libcurl's numbers, and some that it does not have yet. */
Test(verdict, no_failure_of_the_sender_drops_anything)
{
	struct upstream_answer answer = { .end = UPSTREAM_UNKNOWN };
	const struct verdict *verdict;
	unsigned named = 0;

	for (int code = 0; code < 200; code++) {
		answer.why = wire_failure(code);
		cr_assert_not_null(answer.why, "%d", code);
		verdict = verdict_of(&answer);
		cr_expect_eq(verdict->kind, VERDICT_LATER, "%d", code);
		cr_expect_not_null(verdict->advice, "%d", code);
		named += strcmp(verdict->word, "trouble") != 0;
	}
	cr_expect_geq(named, 9, "%u have a word of their own", named);
}

Test(verdict, whatever_is_logged_comes_with_a_word_and_advice)
{
	for (unsigned status = 100; status < 600; status++) {
		struct upstream_answer answer = { .status = status };
		const struct verdict *verdict = verdict_of(&answer);

		cr_expect_not_null(verdict->word, "%u", status);
		if (verdict->kind != VERDICT_DELIVERED)
			cr_expect_not_null(verdict->advice, "%u", status);
	}
}
