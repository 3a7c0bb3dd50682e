#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "parsers/ndjson.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct {
	const char *what, *body, *kept;
	const char *numbers;	/* of the lines that are not blank */
} cases[] = {
	{ "nothing",		"",			"",		"" },
	{ "as it should be",	"a\nb\n",		"a\nb\n",	"1 2 " },
	{ "no last feed",	"a\nb",			"a\nb\n",	"1 2 " },
	{ "one line, no feed",	"a",			"a\n",		"1 " },
	{ "carriage returns",	"a\r\nb\r\n",		"a\nb\n",	"1 2 " },
	{ "return, no feed",	"a\r\nb\r",		"a\nb\n",	"1 2 " },
	{ "only one is dropped", "a\r\r\n",		"a\r\n",	"1 " },
	{ "a return within",	"a\rb\n",		"a\rb\n",	"1 " },
	{ "blank lines",	"\n\na\n\r\n \t\n\nb\n\n", "a\nb\n",	"3 7 " },
	{ "only blank lines",	"\n \n\t\r\n\r",	"",		"" },
	{ "blanks are kept",	" a \n\tb\t\n",		" a \n\tb\t\n",	"1 2 " },
	{ "other whitespace",	"\v\n\f\n",		"\v\n\f\n",	"1 2 " },
};
/* clang-format on */

static size_t
run(char *body, size_t len, const char *leave_out, char *numbers)
{
	struct ndjson n;
	struct ndjson_line line;

	ndjson_init(&n, body, len);
	while (ndjson_next(&n, &line)) {
		numbers += sprintf(numbers, "%d ", (int)line.number);
		if (memchr(leave_out, *line.at, strlen(leave_out)) == NULL)
			ndjson_keep(&n, &line);
	}
	cr_expect_not(ndjson_next(&n, &line), "the end stays the end");
	return n.kept_bytes;
}

Test(ndjson, puts_a_body_in_order)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		char body[64], numbers[64] = "";
		size_t len = strlen(cases[i].body), kept;

		memcpy(body, cases[i].body, len);
		kept = run(body, len, "", numbers);
		cr_expect_eq(kept, strlen(cases[i].kept), "%s: %zu bytes",
		    cases[i].what, kept);
		cr_expect(memcmp(body, cases[i].kept, kept) == 0, "%s",
		    cases[i].what);
		cr_expect_str_eq(
		    numbers, cases[i].numbers, "%s", cases[i].what);
	}
}

Test(ndjson, what_is_not_kept_is_gone)
{
	char body[] = "x1\na\r\n\nx2\nbb\nx3";
	char numbers[64] = "";
	size_t kept = run(body, strlen(body), "x", numbers);

	cr_expect_eq(kept, 5u);
	cr_expect(memcmp(body, "a\nbb\n", 5) == 0);
	cr_expect_str_eq(numbers, "1 2 4 5 6 ");
}

Test(ndjson, counts_what_it_keeps)
{
	char body[] = "a\n\nb\r\nc";
	struct ndjson n;
	struct ndjson_line line;

	ndjson_init(&n, body, strlen(body));
	while (ndjson_next(&n, &line))
		ndjson_keep(&n, &line);
	cr_expect_eq(n.kept_lines, 3u);
	cr_expect_eq(n.kept_bytes, 6u);
}

/*
 * Every body of up to 7 of these characters, against the definition read
 * aloud: split at feeds, drop one return, drop what is blank.
 */
static size_t
obvious(const char *body, size_t len, char *out)
{
	size_t used = 0;

	for (size_t at = 0; at < len;) {
		size_t end = at, stop, solid = 0;

		while (end < len && body[end] != '\n')
			end++;
		stop = end > at && body[end - 1] == '\r' ? end - 1 : end;
		for (size_t i = at; i < stop; i++)
			solid += body[i] == 'a';
		if (solid > 0) {
			memcpy(out + used, body + at, stop - at);
			used += stop - at;
			out[used++] = '\n';
		}
		at = end + 1;
	}
	return used;
}

Test(ndjson, agrees_with_the_definition_on_all_short_bodies)
{
	static const char alphabet[] = "a \r\n";

	for (unsigned len = 0; len <= 7; len++)
		for (unsigned code = 0; code < 1u << 2 * len; code++) {
			char body[16], same[16], want[16], numbers[64];
			size_t wanted, kept;

			for (unsigned i = 0; i < len; i++)
				body[i] = alphabet[code >> 2 * i & 3];
			memcpy(same, body, len);
			wanted = obvious(body, len, want);
			kept = run(body, len, "", numbers);
			cr_assert_eq(kept, wanted, "%.*s", (int)len, same);
			cr_assert(memcmp(body, want, kept) == 0, "%.*s",
			    (int)len, same);
		}
}

Test(ndjson, recognises_an_array)
{
	cr_expect(ndjson_is_array("[", 1));
	cr_expect(ndjson_is_array("\r\n\t [{}]", 8));
	cr_expect_not(ndjson_is_array("{\"a\":[]}", 8));
	cr_expect_not(ndjson_is_array("", 0));
	cr_expect_not(ndjson_is_array(" \n", 2));
}
