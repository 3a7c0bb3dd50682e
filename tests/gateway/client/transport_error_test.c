#include <criterion/criterion.h>
#include <string.h>

#include "gateway/client/transport_error.h"
#include "gateway/scheduler/response_class.h"

/* All of libcurl's numbers, and some that it does not have yet. */
Test(transport_error, every_libcurl_error_is_a_retry_with_advice)
{
	struct upstream_answer answer = { .end = UPSTREAM_UNKNOWN };
	const struct response_class *class;
	unsigned named = 0;

	for (int code = 0; code < 200; code++) {
		answer.why = transport_error_text(code);
		cr_assert_not_null(answer.why, "%d", code);
		class = response_class_of(&answer);
		cr_expect_eq(class->kind, RESPONSE_CLASS_LATER, "%d", code);
		cr_expect_not_null(class->advice, "%d", code);
		named += strcmp(class->word, "trouble") != 0;
	}
	cr_expect_geq(named, 9, "%u have a word of their own", named);
}
