#include <criterion/criterion.h>

#include <stdint.h>
#include <string.h>

#include "parsers/buffer.h"

Test(buffer, a_buffer_grows_to_its_maximum_and_no_further)
{
	struct buffer b;

	buffer_init(&b, 1000);
	for (int i = 0; i < 1000; i++)
		cr_assert(buffer_append(&b, "x", 1), "byte %d", i);
	cr_expect(!buffer_append(&b, "x", 1));
	cr_expect(!buffer_print(&b, "%d", 1));
	cr_expect(!buffer_reserve(&b, SIZE_MAX));
	cr_expect_eq(b.len, 1000, "a refusal changes nothing");
	cr_expect_eq(strlen(b.at), 1000, "it can be printed");
	cr_expect(buffer_append(&b, "", 0), "nothing always fits");
	buffer_fini(&b);
	buffer_fini(&b);
}

Test(buffer, a_reset_buffer_keeps_its_memory_and_loses_its_content)
{
	struct buffer b;
	const char *at;

	buffer_init(&b, 100);
	cr_assert(buffer_print(&b, "%s-%d", "first", 1));
	cr_expect_str_eq(b.at, "first-1");
	at = b.at;
	buffer_reset(&b);
	cr_assert(buffer_print(&b, "second"));
	cr_expect_str_eq(b.at, "second");
	cr_expect_eq(b.at, at);
	buffer_fini(&b);
}

Test(buffer, a_buffer_of_nothing_takes_nothing)
{
	struct buffer b;

	buffer_init(&b, 0);
	cr_expect(!buffer_append(&b, "x", 1));
	buffer_fini(&b);
}
