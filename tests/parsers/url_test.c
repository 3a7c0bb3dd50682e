#include <criterion/criterion.h>

#include <string.h>

#include "parsers/url.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct {
	const char	*text;
	bool		 tls;
	const char	*host;
	uint16_t	 port;
	const char	*path, *query;
} good[] = {
	{ "http://h",			false,	"h",	80,	"",	"" },
	{ "https://h",			true,	"h",	443,	"",	"" },
	{ "https://h/",			true,	"h",	443,	"/",	"" },
	{ "http://h:8080/a/{b}/c",	false,	"h",	8080,	"/a/{b}/c", "" },
	{ "https://a.b-c.example/p?q=1&r", true, "a.b-c.example", 443, "/p", "q=1&r" },
	{ "http://127.0.0.1:9400/v1",	false,	"127.0.0.1", 9400, "/v1", "" },
	{ "http://[::1]:9400/v1",	false,	"::1",	9400,	"/v1",	"" },
	{ "http://[::1]",		false,	"::1",	80,	"",	"" },
	{ "http://h?q",			false,	"h",	80,	"",	"q" },
	{ "http://h/a@b:c",		false,	"h",	80,	"/a@b:c", "" },
	{ "http://h/p?a?b",		false,	"h",	80,	"/p",	"a?b" },
};

static const struct {
	const char	*text, *says;
} bad[] = {
	{ "",				"https://" },
	{ "h/p",			"https://" },
	{ "ftp://h/p",			"https://" },
	{ "HTTPS://h/p",		"https://" },
	{ "http:/h",			"https://" },
	{ "http://",			"host" },
	{ "http:///p",			"host" },
	{ "http://:80/p",		"host" },
	{ "http://h_$/p",		"host" },
	{ "http://{table}/p",		"host" },
	{ "http://-h/p",		"host" },
	{ "http://h:/p",		"port" },
	{ "http://h:0/p",		"port" },
	{ "http://h:65536/p",		"port" },
	{ "http://h:123456789/p",	"port" },
	{ "http://h:80x/p",		"port" },
	{ "http://[::1/p",		"open [" },
	{ "http://[h]/p",		"host" },
	{ "http://[::1]x/p",		"port" },
	{ "http://u:secret@h/p",	"user" },
	{ "http://secret@h",		"user" },
	{ "http://h/p#f",		"fragment" },
	{ "http://h/a b",		"visible" },
	{ "http://h/a\nb",		"visible" },
	{ "http://h/\xc3\xa9",		"visible" },
};

static const struct {
	const char	*path, *name, *want;
} segments[] = {
	{ "/v1/projects/p1/events/{table}",	"projects",	"p1" },
	{ "/v1/projects/p1",			"projects",	"p1" },
	{ "/v1/projects/",			"projects",	"" },
	{ "/v1/projects",			"projects",	"" },
	{ "/v1/xprojects/p1",			"projects",	"" },
	{ "/v1/projects//x",			"projects",	"" },
	{ "",					"projects",	"" },
};

static const struct {
	const char	*in;
	size_t		 want;
} counts[] = {
	{ "", 0 }, { "{table", 0 }, { "/{table}", 1 }, { "{table}{table}", 2 },
	{ "/{table}/x/{table}/", 2 }, { "{{table}}", 1 },
};
/* clang-format on */

Test(url, is_cut_into_its_parts)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct url url = { 0 };
		struct err err = { 0 };

		cr_assert(url_parse(good[i].text, &url, &err), "%s: %s",
		    good[i].text, err.text);
		cr_expect_eq(url.tls, good[i].tls, "%s", good[i].text);
		cr_expect_eq(url.port, good[i].port, "%s", good[i].text);
		cr_expect(span_equal(url.host, span_of(good[i].host)), "%s",
		    good[i].text);
		cr_expect(span_equal(url.path, span_of(good[i].path)), "%s",
		    good[i].text);
		cr_expect(span_equal(url.query, span_of(good[i].query)), "%s",
		    good[i].text);
	}
}

Test(url, is_refused_with_a_reason_that_repeats_nothing_of_it)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct url url = { .port = 7 };
		struct err err = { 0 };

		cr_expect(
		    !url_parse(bad[i].text, &url, &err), "%s", bad[i].text);
		cr_expect_eq(url.port, 7, "%s", bad[i].text);
		cr_expect_not_null(strstr(err.text, bad[i].says), "%s: %s",
		    bad[i].text, err.text);
		cr_expect_null(strstr(err.text, "secret"), "%s", err.text);
	}
}

Test(url, a_segment_is_found_behind_its_name)
{
	for (size_t i = 0; i < COUNT(segments); i++)
		cr_expect(
		    span_equal(url_segment_after(span_of(segments[i].path),
				   span_of(segments[i].name)),
			span_of(segments[i].want)),
		    "%s", segments[i].path);
}

Test(url, occurrences_are_counted)
{
	for (size_t i = 0; i < COUNT(counts); i++)
		cr_expect_eq(url_count(span_of(counts[i].in), SPAN("{table}")),
		    counts[i].want, "%s", counts[i].in);
	cr_expect_eq(url_count(span_of(NULL), SPAN("/")), 0);
}
