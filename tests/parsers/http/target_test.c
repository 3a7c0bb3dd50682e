#include "parsers/http/target.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct {
	const char *text;
	const char *path;	/* NULL: refused */
	const char *query;
} targets[] = {
	{ "/v1/events/t",		"/v1/events/t",	"" },
	{ "/v1/events/t?",		"/v1/events/t",	"" },
	{ "/v1/events/t?a=b?c",		"/v1/events/t",	"a=b?c" },
	{ "/",				"/",		"" },
	{ "//",				"//",		"" },
	{ "http://h/v1/events/t?a",	"/v1/events/t",	"a" },
	{ "HTTP://h:80/x",		"/x",		"" },
	{ "https://h/x",		"/x",		"" },
	{ "http://h",			"/",		"" },
	{ "http://h?x",			"/",		"x" },
	{ "/http://h/x",		"/http://h/x",	"" },
	{ "/%2e%2e/x",			"/%2e%2e/x",	"" },
	{ "http:///x",			NULL,		"" },
	{ "ftp://h/x",			NULL,		"" },
	{ "h:443",			NULL,		"" },
	{ "*",				NULL,		"" },
	{ "",				NULL,		"" },
	{ "v1/events/t",		NULL,		"" },
	{ "/a b",			NULL,		"" },
	{ "/a\tb",			NULL,		"" },
	{ "/a\x01" "b",			NULL,		"" },
	{ "/a\x7f",			NULL,		"" },
	{ "/caf\xc3\xa9",		NULL,		"" },
	{ "/a#b",			NULL,		"" },
};

static const struct {
	const char *path;
	const char *pieces;	/* joined by ' '; NULL: no match */
} matches[] = {
	{ "/v1/p/x/events/t",	"x t" },
	{ "/v1/p/x/events/",	"x " },
	{ "/v1/p//events/t",	" t" },
	{ "/v1/p/a%2fb/events/%74", "a%2fb %74" },
	{ "/v1/p/x/events/t/",	NULL },
	{ "/v1/p/x/events",	NULL },
	{ "/v1/p/x/Events/t",	NULL },
	{ "//v1/p/x/events/t",	NULL },
	{ "/v1/p/x/y/events/t",	NULL },
	{ "v1/p/x/events/t",	NULL },
	{ "/",			NULL },
	{ "",			NULL },
};

static const struct {
	const char *piece;
	const char *decoded;	/* NULL: refused */
} pieces[] = {
	{ "plain",	"plain" },
	{ "%74%54",	"tT" },
	{ "a%2Fb",	"a/b" },
	{ "a%2fb",	"a/b" },
	{ "%252e",	"%2e" },	/* once, not twice */
	{ "a+b",	"a+b" },
	{ "12345678",	"12345678" },
	{ "1234567%38",	"12345678" },
	{ "123456789",	NULL },		/* the room is 8 */
	{ "%",		NULL },
	{ "%4",		NULL },
	{ "x%g0",	NULL },
	{ "x%0g",	NULL },
	{ "%-1",	NULL },
	{ "% 1",	NULL },
};
/* clang-format on */

static void
expect_span(struct span got, const char *want, const char *what)
{
	cr_expect(span_equal(got, span_of(want)), "%s: %.*s", what,
	    (int)got.len, got.at);
}

Test(target, splits_at_the_question_mark)
{
	for (size_t i = 0; i < COUNT(targets); i++) {
		struct http_target got = { SPAN("old"), SPAN("old") };
		bool ok = http_target_split(span_of(targets[i].text), &got);
		const char *path = targets[i].path;

		cr_expect_eq(ok, path != NULL, "%s", targets[i].text);
		expect_span(
		    got.path, path != NULL ? path : "old", targets[i].text);
		expect_span(got.query, path != NULL ? targets[i].query : "old",
		    targets[i].text);
	}
	struct http_target got;
	cr_expect_not(http_target_split((struct span){ NULL, 0 }, &got));
	cr_expect_not(http_target_split(SPAN("/a\0b"), &got));
}

Test(target, matches_piece_by_piece_before_decoding)
{
	for (size_t i = 0; i < COUNT(matches); i++) {
		struct span got[HTTP_TARGET_PIECES] = { { 0 } };
		char joined[64];
		bool ok = http_target_matches(
		    span_of(matches[i].path), "/v1/p/{}/events/{}", got);

		cr_expect_eq(
		    ok, matches[i].pieces != NULL, "%s", matches[i].path);
		if (!ok)
			continue;
		snprintf(joined, sizeof joined, "%.*s %.*s", (int)got[0].len,
		    got[0].at, (int)got[1].len, got[1].at);
		cr_expect_str_eq(joined, matches[i].pieces);
	}
}

Test(target, a_pattern_with_too_many_pieces_matches_nothing)
{
	struct span got[HTTP_TARGET_PIECES];

	cr_expect(http_target_matches(SPAN("/a/b/c/d"), "/{}/{}/{}/{}", got));
	cr_expect_not(
	    http_target_matches(SPAN("/a/b/c/d/e"), "/{}/{}/{}/{}/{}", got));
}

Test(target, decodes_once)
{
	for (size_t i = 0; i < COUNT(pieces); i++) {
		char text[8];
		struct span got = SPAN("old");
		bool ok = http_target_decode(
		    span_of(pieces[i].piece), text, sizeof text, &got);

		cr_expect_eq(
		    ok, pieces[i].decoded != NULL, "%s", pieces[i].piece);
		expect_span(
		    got, ok ? pieces[i].decoded : "old", pieces[i].piece);
	}
}

Test(target, gives_parameters_one_by_one)
{
	struct span query = SPAN("a=1&b&=2&&c=3=4"), name, value;
	static const char *const want[][2] = { { "a", "1" }, { "b", "" },
		{ "", "2" }, { "", "" }, { "c", "3=4" } };

	for (size_t i = 0; i < COUNT(want); i++) {
		cr_assert(http_target_parameter(&query, &name, &value));
		expect_span(name, want[i][0], "name");
		expect_span(value, want[i][1], "value");
	}
	cr_expect_not(http_target_parameter(&query, &name, &value));
}
