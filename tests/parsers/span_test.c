#include <criterion/criterion.h>

#include "parsers/span.h"

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

Test(span, spans_compare_by_content)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct span a = span_of(pairs[i].a), b = span_of(pairs[i].b);

		cr_expect_eq(span_equal(a, b), pairs[i].equal, "row %zu", i);
		cr_expect_eq(span_equal(b, a), pairs[i].equal, "row %zu", i);
		cr_expect_eq(span_equal_nocase(a, b), pairs[i].equal_nocase,
		    "row %zu", i);
	}
}

Test(span, a_span_may_hold_any_byte)
{
	cr_expect(!span_equal(SPAN("a\0b"), SPAN("a\0c")));
	cr_expect(span_equal(SPAN("a\0b"), SPAN("a\0b")));
	cr_expect_eq(SPAN("a\0b").len, 3);
}

Test(span, trimming_takes_blanks_and_tabs_from_both_ends)
{
	for (size_t i = 0; i < COUNT(trims); i++)
		cr_expect(span_equal(span_trim(span_of(trims[i].text)),
			      span_of(trims[i].want)),
		    "row %zu", i);
}
