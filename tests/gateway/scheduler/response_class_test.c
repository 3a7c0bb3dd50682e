#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "gateway/scheduler/response_class.h"

static enum response_class_kind
kind_of(unsigned status, bool renewing)
{
	struct upstream_answer answer = { .status = status,
		.renewing = renewing };

	return response_class_of(&answer)->kind;
}

/* Contract 3, every status; what is not named there is held. */
static enum response_class_kind
contract(unsigned status)
{
	switch (status) {
	case 401:
		return RESPONSE_CLASS_RENEW;
	case 429:
		return RESPONSE_CLASS_PAUSE;
	case 400:
	case 413:
	case 422:
		return RESPONSE_CLASS_SPLIT;
	case 408:
	case 425:
		return RESPONSE_CLASS_LATER;
	default:
		return status / 100 == 2   ? RESPONSE_CLASS_DELIVERED
		       : status / 100 == 5 ? RESPONSE_CLASS_LATER
					   : RESPONSE_CLASS_HOLD;
	}
}

Test(response_class, every_status_has_the_class_of_the_contract)
{
	for (unsigned status = 100; status < 600; status++)
		cr_expect_eq(
		    kind_of(status, true), contract(status), "%u", status);
	cr_expect_eq(kind_of(0, false), RESPONSE_CLASS_HOLD);
	cr_expect_eq(kind_of(999, false), RESPONSE_CLASS_HOLD);
	cr_expect_eq(kind_of(401, false), RESPONSE_CLASS_CREDENTIAL);
}

/* Each kind of trouble that a client may report. */
static const char *const troubles[] = { "dns", "connect", "tls", "timeout",
	"reset", "garbage", "memory", "credential" };

Test(response_class, without_an_answer_it_is_sent_again_whatever_the_status)
{
	struct upstream_answer answer = { .status = 200 };
	const struct response_class *class;
	char why[64];

	for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
		snprintf(why, sizeof why, "%s: as it happens", troubles[i]);
		answer.why = why;
		answer.end = UPSTREAM_UNREACHED;
		class = response_class_of(&answer);
		cr_expect_eq(class->kind, RESPONSE_CLASS_LATER);
		cr_expect_str_eq(class->word, troubles[i]);
		cr_expect_not_null(class->advice);
		answer.end = UPSTREAM_UNKNOWN;
		cr_expect_eq(response_class_of(&answer), class);
	}
	answer.why = "dnssec is something else";
	cr_expect_eq(response_class_of(&answer)->kind, RESPONSE_CLASS_LATER);
	cr_expect_str_eq(response_class_of(&answer)->word, "trouble");
}

Test(response_class, what_is_logged_has_a_word_and_advice)
{
	for (unsigned status = 100; status < 600; status++) {
		struct upstream_answer answer = { .status = status };
		const struct response_class *class = response_class_of(&answer);

		cr_expect_not_null(class->word, "%u", status);
		if (class->kind != RESPONSE_CLASS_DELIVERED)
			cr_expect_not_null(class->advice, "%u", status);
	}
}
