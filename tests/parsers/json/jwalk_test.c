#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "parsers/json/jwalk.h"

static const char doc[] =
    "{ \"a\": 1, \"text\" : \"q\\\"uo}te\\u0041\\n\", \"list\":[ 1, [2, 3], "
    "{\"b\":{}} , \"],\" ], \"o\": {\"a\": -2.5e1, \"deep\": {\"x\": true}},\n"
    " \"none\": [], \"empty\": {}, \"last\": null }";

static struct span
root(void)
{
	return span_of(doc);
}

Test(jwalk, members_are_found_at_their_own_level)
{
	struct span o = jwalk_member(root(), "o");

	cr_expect_eq(jwalk_number(jwalk_member(root(), "a")), 1);
	cr_expect_eq(jwalk_number(jwalk_member(o, "a")), -25);
	cr_expect(jwalk_true(jwalk_member(jwalk_member(o, "deep"), "x")));
	cr_expect(span_equal(jwalk_member(root(), "last"), SPAN("null")));
	cr_expect_eq(jwalk_member(root(), "x").len, 0);
	cr_expect_eq(jwalk_member(root(), "b").len, 0, "deeper down only");
	cr_expect_eq(jwalk_member(jwalk_member(root(), "a"), "a").len, 0);
	cr_expect_eq(jwalk_member((struct span){ NULL, 0 }, "a").len, 0);
}

Test(jwalk, lists_are_walked_element_by_element)
{
	static const char *const want[] = { "1", "[2, 3]", "{\"b\":{}}",
		"\"],\"" };
	struct span rest = jwalk_member(root(), "list"), element;
	size_t n = 0;

	while (jwalk_element(&rest, &element)) {
		cr_assert(n < 4);
		cr_expect(span_equal(element, span_of(want[n])), "%zu: %.*s", n,
		    (int)element.len, element.at);
		n++;
	}
	cr_expect_eq(n, 4);
	rest = jwalk_member(root(), "none");
	cr_expect_not(jwalk_element(&rest, &element));
	rest = (struct span){ NULL, 0 };
	cr_expect_not(jwalk_element(&rest, &element));
}

Test(jwalk, texts_are_unescaped_and_cut)
{
	struct span value = jwalk_member(root(), "text");
	char out[20], small[4];

	cr_expect_str_eq(jwalk_text(value, out, sizeof out), "q\"uo}teA\n");
	cr_expect_str_eq(jwalk_text(value, small, sizeof small), "q\"u");
	cr_expect_str_eq(
	    jwalk_text(jwalk_member(root(), "a"), out, sizeof out), "");
	cr_expect_str_eq(
	    jwalk_text((struct span){ NULL, 0 }, out, sizeof out), "");
}

/* Broken JSON finds anything, but nothing outside: for the sanitizer. */
Test(jwalk, no_beginning_of_a_document_leads_outside)
{
	char out[20];

	for (size_t len = 0; len < sizeof doc; len++) {
		char *copy = malloc(len + 1);
		struct span cut = { copy, len }, rest, element;

		memcpy(copy, doc, len);
		rest = jwalk_member(cut, "list");
		while (jwalk_element(&rest, &element))
			(void)jwalk_number(element);
		(void)jwalk_text(jwalk_member(cut, "text"), out, sizeof out);
		(void)jwalk_member(jwalk_member(cut, "o"), "deep");
		free(copy);
	}
}
