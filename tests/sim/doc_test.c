#include <criterion/criterion.h>
#include <string.h>

#include "tests/sim/doc.h"

static const char *const good[] = {
	"{}", "[]", " { } ", "1", "-0", "0.5", "1e9", "1E+9", "-1.25e-3",
	"\"\"", "\"a\\u00e9\\n\\\\\\/\"", "\"\\ud83d\\ude00\"",
	"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "true", "false", "null",
	"[1,2,[3]]", "{\"a\":1,\"b\":{\"c\":[]}}", "\t[\n1 ,\r2 ]",
	"\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"", /* edges */
};

static const char *const bad[] = {
	"",
	" ",
	"{",
	"}",
	"[",
	"[1",
	"[1,",
	"[1,]",
	"[,1]",
	"[1 2]",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1,}",
	"{,}",
	"{a:1}",
	"{\"a\" 1}",
	"{\"a\":1 \"b\":2}",
	"{1:2}",
	"01",
	"-",
	"1.",
	".5",
	"1e",
	"1e+",
	"+1",
	"0x1",
	"--1",
	"tru",
	"True",
	"nul",
	"nan",
	"Infinity",
	"truex",
	"\"",
	"\"a",
	"\"\\\"",
	"\"\\x\"",
	"\"\\u12\"",
	"\"\\u12g4\"",
	"\"\\ud800\"",
	"\"\\ud800\\u0041\"",
	"\"\\udc00\"",
	"\"\t\"",
	"\"\n\"",
	"\"\xff\"",
	"\"\x80\"",
	"\"\xc3\"",
	"\"\xc0\xaf\"",
	"\"\xe0\x80\xaf\"",
	"\"\xed\xa0\x80\"",
	"\"\xf4\x90\x80\x80\"",
	"\"\xf0\x80\x80\x80\"",
	"\"\xf5\x80\x80\x80\"",
	"\"\xe2\x82\"",
	"{}{}",
	"{},",
	"[]]",
	"1 2",
	"'a'",
	"\xef\xbb\xbf{}",
};

Test(doc, accepts_what_rfc_8259_does_and_nothing_else)
{
	struct span value;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		cr_expect(doc_whole(span_of(good[i]), &value), "good %zu: %s",
		    i, good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		cr_expect_not(doc_whole(span_of(bad[i]), &value), "bad %zu: %s",
		    i, bad[i]);
	cr_expect_not(doc_whole((struct span){ "{}\0", 3 }, &value));
	cr_expect_not(doc_whole((struct span){ "\"\0\"", 3 }, &value));
}

Test(doc, every_beginning_of_a_good_text_is_bad)
{
	static const char text[] =
	    "{\"a\":[1,-2.5e3,\"\\ud83d\\ude00\xc3\xa9\"],\"b\":null}";
	struct span value;

	for (size_t len = 0; len < sizeof text - 1; len++)
		cr_expect_not(doc_whole((struct span){ text, len }, &value),
		    "length %zu", len);
	cr_expect(doc_whole(SPAN(text), &value));
}

Test(doc, depth_has_an_end)
{
	char text[2 * DOC_DEPTH_MAX + 4];
	struct span value;

	for (size_t depth = DOC_DEPTH_MAX; depth <= DOC_DEPTH_MAX + 1;
	     depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		cr_expect_eq(
		    doc_whole((struct span){ text, 2 * depth }, &value),
		    depth == DOC_DEPTH_MAX);
	}
}

Test(doc, members_are_walked_in_order_and_decoded)
{
	struct span value, name;
	struct doc_walk w;
	struct buffer text;
	int64_t n;

	buffer_init(&text, 100);
	cr_assert(doc_whole(
	    SPAN(" {\"a\" : 12 , \"b\\u0041\":\"\\u20ac\\n\",\"c\":[ 7,8 ]}"),
	    &value));
	cr_assert(doc_walk(&w, value));
	cr_assert(doc_next(&w, &name, &value));
	cr_expect(span_equal(name, SPAN("\"a\"")));
	cr_expect(doc_number(value, &n) && n == 12);
	cr_assert(doc_next(&w, &name, &value));
	cr_expect(doc_string(name, &text) && strcmp(text.at, "bA") == 0);
	buffer_reset(&text);
	cr_expect(doc_string(value, &text));
	cr_expect_str_eq(text.at, "\xe2\x82\xac\n");
	cr_expect_not(doc_number(value, &n));
	cr_assert(doc_next(&w, &name, &value));
	cr_expect_not(doc_string(value, &text));
	cr_expect_not(doc_next(&w, &name, &(struct span){ 0 }));
	cr_assert(doc_walk(&w, value));
	cr_assert(doc_next(&w, &name, &value) && doc_number(value, &n));
	cr_expect(n == 7 && name.len == 0);
	cr_assert(doc_next(&w, &name, &value) && doc_number(value, &n));
	cr_expect_eq(n, 8);
	cr_expect_not(doc_next(&w, &name, &value));
	buffer_fini(&text);
}

Test(doc, numbers_are_whole_and_fit)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t want;
	} cases[] = {
		{ "0", true, 0 },
		{ "-5", true, -5 },
		{ "900000000000000000", true, 900000000000000000 },
		{ "99999999999999999999", false, -1 },
		{ "1.5", false, -1 },
		{ "1e3", false, -1 },
		{ "-", false, -1 },
		{ "", false, -1 },
		{ "\"1\"", false, -1 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t n = -1;

		cr_expect_eq(doc_number(span_of(cases[i].text), &n),
		    cases[i].ok, "%s", cases[i].text);
		cr_expect_eq(n, cases[i].want, "%s", cases[i].text);
	}
}
