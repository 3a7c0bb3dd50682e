#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/json/jdoc.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A copy without a NUL behind it, so that the sanitizer sees a byte too far. */
static bool
opens(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	struct jdoc *doc = NULL;
	struct err err = { 0 };
	bool ok;

	memcpy(copy, text, len);
	ok = jdoc_open(&doc, (struct span){ copy, len }, &err);
	cr_expect_eq(ok, doc != NULL);
	cr_expect_eq(ok, err.kind == ERR_NONE, "%.*s", (int)len, text);
	if (ok)
		jdoc_close(&doc);
	free(copy);
	return ok;
}

/* clang-format off */
static const char *const good[] = {
	"{}", " { } ", "{\"a\":1}", "{\"a\":[]}", "{\"a\":[1,2,[3]]}\r\n\t ",
	"{\"a\":{\"b\":{}},\"c\":[{},{}]}", "{\"a\":-0}", "{\"a\":1e5}",
	"{\"a\":1.5E+5}", "{\"a\":0.1e-7}", "{\"a\":true,\"b\":false,\"c\":null}",
	"{\"\":\"\"}", "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}",
	"{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}",
	"{\"a\":\"\\u0000\"}", "{\"a\":\"\x7f\"}", "{\"a\":1 , \"b\" : 2}",
};
static const char *const bad[] = {
	"", " ", "1", "true", "\"a\"", "[]", "[{}]", "null",
	"{", "}", "{\"a\"}", "{\"a\":}", "{\"a\",}", "{,}", "{\"a\":1,}",
	"{\"a\":1,,\"b\":2}", "{\"a\":[,]}", "{\"a\":[1,]}", "{\"a\":[1 2]}",
	"{\"a\":1 \"b\":2}", "{\"a\" \"b\"}", "{\"a\"::1}", "{\"a\":\"b\":\"c\"}",
	"{\"a\":[\"b\":1]}", "{\"a\":1:2}", "{\"a\":01}", "{\"a\":-}", "{\"a\":1.}",
	"{\"a\":.5}", "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":+1}", "{\"a\":1-2}",
	"{\"a\":0x10}", "{\"a\":-Infinity}", "{\"a\":NaN}", "{\"a\":tru}",
	"{\"a\":trueX}", "{\"a\":nnnnull}", "{\"a\":[true\"x\"]}",
	"{\"a\":\"\n\"}", "{\"a\":\"\t\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}",
	"{\"a\":\"\\u12g4\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}",
	"{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\ud800\\ud800\"}",
	"{\"a\":\"\\ud800x\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}",
	"{\"a\":\"\xe0\x80\x80\"}", "{\"a\":\"\xed\xa0\x80\"}",
	"{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xe2\x82\"}", "{\"a\":\"\xc3\"}",
	"{\"a\":\"\x80\"}", "{\"a\":1}{\"b\":2}", "{\"a\":1},", "{\"a\":1}x",
	"{\"a\":{}{}}", "{\"a\":1]", "{\"a\":[1}", "{\"a", "{\"a\":\"b", "{\"a\":\"\\",
	"{\"a\":\"\\u", "{a:1}", "{'a':1}", "{1:2}", "\xef\xbb\xbf{}",
	"{\"a\":1/**/}", "<html><body>no</body></html>",
};
/* clang-format on */

Test(jdoc, takes_what_is_json_and_refuses_everything_else)
{
	for (size_t i = 0; i < COUNT(good); i++)
		cr_expect(opens(good[i], strlen(good[i])), "%s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		cr_expect(!opens(bad[i], strlen(bad[i])), "%s", bad[i]);
}

Test(jdoc, a_nul_byte_hides_nothing_behind_it)
{
	cr_expect(!opens("{\"a\":1}\0", 8));
	cr_expect(!opens("{\"a\":1}\0{}", 10));
	cr_expect(!opens("{\0}", 3));
	cr_expect(!opens("{\"a\":\"\0\"}", 9));
}

Test(jdoc, refuses_every_beginning_of_a_good_document)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		const char *last = strrchr(good[i], '}');

		for (size_t len = 0; len < (size_t)(last - good[i]); len++)
			cr_expect(
			    !opens(good[i], len), "%.*s", (int)len, good[i]);
	}
}

static bool
nested_opens(unsigned depth)
{
	char text[1024] = "{\"a\":";
	size_t len = strlen(text);

	memset(text + len, '[', depth - 1);
	memset(text + len + depth - 1, ']', depth - 1);
	len += 2 * (depth - 1);
	text[len++] = '}';
	return opens(text, len);
}

Test(jdoc, depth_values_and_bytes_have_a_maximum)
{
	size_t room = JDOC_BYTES_MAX + 1, len = 0;
	char *text = malloc(room);

	cr_expect(nested_opens(JDOC_DEPTH_MAX));
	cr_expect(!nested_opens(JDOC_DEPTH_MAX + 1));

	len = (size_t)sprintf(text, "{\"a\":[1");
	for (int i = 4; i < JDOC_VALUES_MAX; i++)
		len += (size_t)sprintf(text + len, ",1");
	len += (size_t)sprintf(text + len, "]}");
	cr_expect(opens(text, len));
	len = (size_t)sprintf(text + len - 2, ",1]}") + len - 2;
	cr_expect(!opens(text, len));

	memset(text, ' ', room);
	memcpy(text, "{}", 2);
	cr_expect(opens(text, JDOC_BYTES_MAX));
	cr_expect(!opens(text, JDOC_BYTES_MAX + 1));
	free(text);
}

static struct jdoc *
open_text(const char *text)
{
	struct jdoc *doc = NULL;
	struct err err = { 0 };

	cr_assert(
	    jdoc_open(&doc, span_of(text), &err), "%s: %s", text, err.text);
	return doc;
}

/* clang-format off */
static const struct {
	const char *text, *name;
	enum jdoc_answer answer;
	const char *want;
	size_t len;
} strings[] = {
	{ "{\"a\":\"b\"}", "a", JDOC_FOUND, "b", 1 },
	{ "{\"a\":\"\"}", "a", JDOC_FOUND, "", 0 },
	{ "{\"b\":\"a\",\"a\":\"c\"}", "a", JDOC_FOUND, "c", 1 },
	{ "{\"b\":{\"a\":\"x\"},\"a\":\"c\"}", "a", JDOC_FOUND, "c", 1 },
	{ "{\"b\":{\"a\":\"x\"}}", "a", JDOC_ABSENT, "", 0 },
	{ "{\"aa\":\"x\"}", "a", JDOC_ABSENT, "", 0 },
	{ "{\"a\":\"x\"}", "aa", JDOC_ABSENT, "", 0 },
	{ "{}", "a", JDOC_ABSENT, "", 0 },
	{ "{\"a\":\"x\",\"a\":\"y\"}", "a", JDOC_TWICE, "", 0 },
	{ "{\"a\":\"x\",\"\\u0061\":\"y\"}", "a", JDOC_TWICE, "", 0 },
	{ "{\"\\u0061\":\"y\"}", "a", JDOC_FOUND, "y", 1 },
	{ "{\"a\":1}", "a", JDOC_OTHER, "", 0 },
	{ "{\"a\":null}", "a", JDOC_OTHER, "", 0 },
	{ "{\"a\":{}}", "a", JDOC_OTHER, "", 0 },
	{ "{\"a\":[\"b\"]}", "a", JDOC_OTHER, "", 0 },
	{ "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "a", JDOC_FOUND,
	  "\"\\/\b\f\n\r\t", 8 },
	{ "{\"a\":\"\\u00e9\\u20AC\\ud83d\\ude00\"}", "a", JDOC_FOUND,
	  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9 },
	{ "{\"a\":\"x\\u0000y\"}", "a", JDOC_FOUND, "x\0y", 3 },
	{ "{\"a\":\"123456789\"}", "a", JDOC_FOUND, "123456789", 9 },
	{ "{\"a\":\"1234567890\"}", "a", JDOC_RANGE, "", 0 },
};
/* clang-format on */

Test(jdoc, a_string_is_unescaped_into_the_callers_room)
{
	for (size_t i = 0; i < COUNT(strings); i++) {
		struct jdoc *doc = open_text(strings[i].text);
		char out[10] = "";
		size_t len = 0;

		cr_expect_eq(
		    jdoc_string(doc, strings[i].name, out, sizeof out, &len),
		    strings[i].answer, "%s", strings[i].text);
		cr_expect_eq(len, strings[i].len, "%s", strings[i].text);
		if (strings[i].answer != JDOC_RANGE)
			cr_expect_arr_eq(out, strings[i].want, len + 1, "%s",
			    strings[i].text);
		jdoc_close(&doc);
	}
}

/* clang-format off */
static const struct {
	const char *text;
	enum jdoc_answer answer;
	int64_t want;
} integers[] = {
	{ "{\"a\":300}", JDOC_FOUND, 300 },
	{ "{\"a\":0}", JDOC_FOUND, 0 },
	{ "{\"a\":-7}", JDOC_FOUND, -7 },
	{ "{\"a\":9223372036854775807}", JDOC_FOUND, INT64_MAX },
	{ "{\"a\":-9223372036854775808}", JDOC_FOUND, INT64_MIN },
	{ "{\"a\":9223372036854775808}", JDOC_RANGE, 7 },
	{ "{\"a\":99999999999999999999999999999}", JDOC_RANGE, 7 },
	{ "{\"a\":300.0}", JDOC_OTHER, 7 },
	{ "{\"a\":3e2}", JDOC_OTHER, 7 },
	{ "{\"a\":\"300\"}", JDOC_OTHER, 7 },
	{ "{\"a\":true}", JDOC_OTHER, 7 },
	{ "{\"a\":null}", JDOC_OTHER, 7 },
	{ "{\"a\":[300]}", JDOC_OTHER, 7 },
	{ "{\"b\":300}", JDOC_ABSENT, 7 },
	{ "{\"a\":1,\"a\":1}", JDOC_TWICE, 7 },
};
/* clang-format on */

Test(jdoc, an_integer_is_what_is_written_as_one)
{
	for (size_t i = 0; i < COUNT(integers); i++) {
		struct jdoc *doc = open_text(integers[i].text);
		int64_t n = 7;

		cr_expect_eq(jdoc_integer(doc, "a", &n), integers[i].answer,
		    "%s", integers[i].text);
		cr_expect_eq(n, integers[i].want, "%s", integers[i].text);
		jdoc_close(&doc);
	}
}
