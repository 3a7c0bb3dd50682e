#include <criterion/criterion.h>

#include "parsers/base64.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct {
	struct span bytes;
	const char *want;
} cases[] = {
	/* RFC 4648 section 10 */
	{ { "f", 1 }, "Zg==" },
	{ { "fo", 2 }, "Zm8=" },
	{ { "foo", 3 }, "Zm9v" },
	{ { "foob", 4 }, "Zm9vYg==" },
	{ { "fooba", 5 }, "Zm9vYmE=" },
	{ { "foobar", 6 }, "Zm9vYmFy" },
	{ { "pok_abc:", 8 }, "cG9rX2FiYzo=" },
	{ { "\xfb\xff\xfe\0", 4 }, "+//+AA==" },
};
/* clang-format on */

Test(base64, three_bytes_become_four_characters)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer b;

		buffer_init(&b, 16);
		cr_expect(base64_append(&b, cases[i].bytes));
		cr_expect_str_eq(b.at, cases[i].want);
		buffer_fini(&b);
	}
}

Test(base64, appends_all_or_nothing)
{
	struct buffer b;

	buffer_init(&b, 9);
	cr_expect(base64_append(&b, SPAN("")));
	cr_expect(buffer_append(&b, "Basic ", 6));
	cr_expect(!base64_append(&b, SPAN("a")));
	cr_expect_str_eq(b.at, "Basic ");
	buffer_fini(&b);
}
