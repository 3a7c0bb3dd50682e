#include <criterion/criterion.h>
#include <string.h>

#include "gateway/client/transport_error.h"
#include "gateway/scheduler/response_class.h"

/* All of libcurl's numbers, and some that it does not have yet. */
Test(transport_error, no_failure_of_the_sender_drops_anything)
{
	struct upstream_answer answer = { .end = UPSTREAM_UNKNOWN };
	const struct response_class *verdict;
	unsigned named = 0;

	for (int code = 0; code < 200; code++) {
		answer.why = transport_error(code);
		cr_assert_not_null(answer.why, "%d", code);
		verdict = response_class_of(&answer);
		cr_expect_eq(verdict->kind, RESPONSE_CLASS_LATER, "%d", code);
		cr_expect_not_null(verdict->advice, "%d", code);
		named += strcmp(verdict->word, "trouble") != 0;
	}
	cr_expect_geq(named, 9, "%u have a word of their own", named);
}
