#include <criterion/criterion.h>

#include <stdint.h>
#include <string.h>

#include "parsers/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct {
	const char	*a, *b;
	bool		 equal, equal_nocase;
} pairs[] = {
	{ NULL,		NULL,		true,	true },
	{ NULL,		"",		true,	true },
	{ "",		"a",		false,	false },
	{ "gzip",	"gzip",		true,	true },
	{ "gzip",	"GZip",		false,	true },
	{ "gzip",	"gzi",		false,	false },
	{ "gzip",	"gzix",		false,	false },
};

static const struct {
	const char	*text, *want;
} trims[] = {
	{ "",		"" },
	{ " \t ",	"" },
	{ "a",		"a" },
	{ " a b\t",	"a b" },
	{ "\na ",	"\na" },
};
/* clang-format on */

Test(text, spans_compare_by_content)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct span a = span_of(pairs[i].a), b = span_of(pairs[i].b);

		cr_expect_eq(span_equal(a, b), pairs[i].equal, "row %zu", i);
		cr_expect_eq(span_equal(b, a), pairs[i].equal, "row %zu", i);
		cr_expect_eq(span_equal_nocase(a, b), pairs[i].equal_nocase,
		    "row %zu", i);
	}
}

Test(text, a_span_may_hold_any_byte)
{
	cr_expect(!span_equal(SPAN("a\0b"), SPAN("a\0c")));
	cr_expect(span_equal(SPAN("a\0b"), SPAN("a\0b")));
	cr_expect_eq(SPAN("a\0b").len, 3);
}

Test(text, trimming_takes_blanks_and_tabs_from_both_ends)
{
	for (size_t i = 0; i < COUNT(trims); i++)
		cr_expect(span_equal(span_trim(span_of(trims[i].text)),
			      span_of(trims[i].want)),
		    "row %zu", i);
}

Test(text, a_buffer_grows_to_its_maximum_and_no_further)
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

Test(text, a_reset_buffer_keeps_its_memory_and_loses_its_content)
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

Test(text, a_buffer_of_nothing_takes_nothing)
{
	struct buffer b;

	buffer_init(&b, 0);
	cr_expect(!buffer_append(&b, "x", 1));
	buffer_fini(&b);
}
