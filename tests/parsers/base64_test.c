#include <criterion/criterion.h>

#include <string.h>

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

/* ---------------------------------------------------------------- back -- */

Test(base64, four_characters_become_three_bytes)
{
	char out[16];
	size_t len;

	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_expect(base64_decode(span_of(cases[i].want), out, &len));
		cr_expect(span_equal((struct span){ out, len }, cases[i].bytes),
		    "%s", cases[i].want);
	}
	cr_expect(base64_decode(SPAN(""), out, &len));
	cr_expect_eq(len, 0);
}

Test(base64, the_bytes_may_take_the_place_of_their_text)
{
	char text[] = "Zm9vYmFy";
	size_t len;

	cr_expect(base64_decode(SPAN("Zm9vYmFy"), text, &len));
	cr_expect(base64_decode(
	    (struct span){ strcpy(text, "Zm9vYmFy"), 8 }, text, &len));
	cr_expect(span_equal((struct span){ text, len }, SPAN("foobar")));
}

/* Each differs by little from what is right. */
static const char *const wrong[] = {
	"Zg",       /* its padding is missing */
	"Zg=",      /* half of it */
	"Zg===",    /* too much of it */
	"Z===",     /* six bits are no byte */
	"====",     /* nothing padded */
	"Zh==",     /* bits behind the end */
	"Zm9=",     /* likewise */
	"Zg==Zg==", /* padding in the middle */
	"Zm 9",     /* a blank */
	"Zm9\n",    /* a line's end */
	"Zm9-",     /* another alphabet */
	"Zm9\xff",
};

Test(base64, what_is_no_such_text_is_refused)
{
	char out[16];
	size_t len = 77;

	for (size_t i = 0; i < COUNT(wrong); i++)
		cr_expect_not(base64_decode(span_of(wrong[i]), out, &len), "%s",
		    wrong[i]);
	cr_expect_not(base64_decode((struct span){ "Zm9\0", 4 }, out, &len));
	cr_expect_eq(len, 77, "untouched");
}
