#include <criterion/criterion.h>

#include <dirent.h>
#include <string.h>

#include "parsers/json/event.h"
#include "tests/support/agreement.h"
#include "tests/support/shared.h"

#define COUNT(a)       (sizeof(a) / sizeof((a)[0]))
#define T              "\"__time\":\"2022-04-16\""
#define DAY            1650067200000
#define BYTES(literal) literal, sizeof(literal) - 1

static const struct event_limits limits = {
	.oldest_ms = DAY - 1000,
	.newest_ms = DAY + 1000,
	.max_depth = 4,
	.max_line_bytes = 200,
};

/* clang-format off */
static const struct {
	const char	*line;
	size_t		 len;
	enum event_fault fault;
	size_t		 at;
} cases[] = {
	{ BYTES("{" T "}"), EVENT_OK, 0 },
	{ BYTES(" {" T "} \t\r"), EVENT_OK, 0 },
	{ BYTES("{\"a\" : [ ] , \"__time\" : \"2022-04-16\" }"), EVENT_OK, 0 },
	{ BYTES("{\"_\\u005ftime\":\"2022\\u002d04-16\"}"), EVENT_OK, 0 },
	{ BYTES("{" T ",\"v\":{\"__time\":1,\"a\":[true,false,null]}}"), EVENT_OK, 0 },
	{ BYTES("{" T ",\"v\":[0,-0,1.5,-1.5e+7,2E-3,10]}"), EVENT_OK, 0 },
	{ BYTES("{" T ",\"\":\"\\u00e9\xc3\xa9\\ud83d\\ude00\\\"\\\\\"}"), EVENT_OK, 0 },
	{ BYTES("{" T ",\"v\":\"__time\"}"), EVENT_OK, 0 },
	{ BYTES("{" T ",\"__Time\":1,\"__times\":1,\"__tim\":1}"), EVENT_OK, 0 },

	{ BYTES(""), EVENT_NOT_JSON, 0 },
	{ BYTES("  "), EVENT_NOT_JSON, 2 },
	{ BYTES("{"), EVENT_NOT_JSON, 1 },
	{ BYTES("not json"), EVENT_NOT_JSON, 0 },
	{ BYTES(" 9 , {" T "}"), EVENT_NOT_JSON, 3 },
	{ BYTES("\"9\":{" T "}"), EVENT_NOT_JSON, 3 },
	{ BYTES(",{" T "}"), EVENT_NOT_JSON, 0 },
	{ BYTES("{" T "},"), EVENT_NOT_JSON, 23 },
	{ BYTES("{" T "}}"), EVENT_NOT_JSON, 23 },
	{ BYTES("{" T "} {}"), EVENT_NOT_JSON, 24 },
	{ BYTES("{" T ",}"), EVENT_NOT_JSON, 23 },
	{ BYTES("{" T ",\"a\"}"), EVENT_NOT_JSON, 26 },
	{ BYTES("{" T ",\"a\":}"), EVENT_NOT_JSON, 27 },
	{ BYTES("{" T ",\"a\":[1,]}"), EVENT_NOT_JSON, 30 },
	{ BYTES("{" T ",\"a\":[1}"), EVENT_NOT_JSON, 29 },
	{ BYTES("{" T ",\"a\":[1:2]}"), EVENT_NOT_JSON, 29 },
	{ BYTES("{" T ",\"a\":1 \"b\":2}"), EVENT_NOT_JSON, 29 },
	{ BYTES("{" T ",\"a\":01}"), EVENT_NOT_JSON, 27 },
	{ BYTES("{" T ",\"a\":-}"), EVENT_NOT_JSON, 27 },
	{ BYTES("{" T ",\"a\":1.}"), EVENT_NOT_JSON, 27 },
	{ BYTES("{" T ",\"a\":.5}"), EVENT_NOT_JSON, 27 },
	{ BYTES("{" T ",\"a\":1e}"), EVENT_NOT_JSON, 27 },
	{ BYTES("{" T ",\"a\":+1}"), EVENT_NOT_JSON, 27 },
	{ BYTES("{" T ",\"a\":NaN}"), EVENT_NOT_JSON, 27 },
	{ BYTES("{" T ",\"a\":truex}"), EVENT_NOT_JSON, 27 },
	{ BYTES("{" T ",\"a\":tru}"), EVENT_NOT_JSON, 27 },
	{ BYTES("{" T ",'a':1}"), EVENT_NOT_JSON, 23 },
	{ BYTES("{" T ",\"a\":\"\t\"}"), EVENT_NOT_JSON, 28 },
	{ BYTES("{" T ",\"a\":\"\\x\"}"), EVENT_NOT_JSON, 28 },
	{ BYTES("{" T ",\"a\":\"\\u12g4\"}"), EVENT_NOT_JSON, 28 },
	{ BYTES("{" T ",\"a\":\"open"), EVENT_NOT_JSON, 32 },
	{ BYTES("{" T ",\"a\":\"\\"), EVENT_NOT_JSON, 29 },
	{ BYTES("{" T ",\"a\":\"\\u1"), EVENT_NOT_JSON, 31 },
	{ BYTES("{" T "}\0"), EVENT_NOT_JSON, 23 },
	{ BYTES("{" T ",\"a\":\"\0\"}"), EVENT_NOT_JSON, 28 },
	{ BYTES("{" T "\n}"), EVENT_NOT_JSON, 22 },
	{ BYTES("\xef\xbb\xbf{" T "}"), EVENT_NOT_JSON, 0 },
	{ BYTES("{" T ",\"a\":\xc3\xa9}"), EVENT_NOT_JSON, 27 },

	{ BYTES("{" T ",\"a\":\xff}"), EVENT_BAD_UTF8, 27 },
	{ BYTES("{" T ",\"a\":\"x\xff\"}"), EVENT_BAD_UTF8, 29 },
	{ BYTES("{" T ",\"a\":\"\xc3\"}"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\xc0\xaf\"}"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\xe0\x9f\xbf\"}"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\xed\xa0\x80\"}"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\xf0\x8f\xbf\xbf\"}"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\xf4\x90\x80\x80\"}"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\x80\"}"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\xe2\x82"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\\ud83d\"}"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\\ude00\"}"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\\ud83d\\ud83d\"}"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\\ud83d\\n\"}"), EVENT_BAD_UTF8, 28 },
	{ BYTES("{" T ",\"a\":\"\\ud83d\\\\ude00\"}"), EVENT_BAD_UTF8, 28 },
	/* the first place wins, whatever the kind */
	{ BYTES("{" T ",\"a\":1.,\"b\":\"\xff\"}"), EVENT_NOT_JSON, 27 },
	{ BYTES("{" T ",\"a\":\"\xff\",\"b\":1.}"), EVENT_BAD_UTF8, 28 },

	{ BYTES("[]"), EVENT_NOT_OBJECT, 0 },
	{ BYTES(" \"" "x\""), EVENT_NOT_OBJECT, 1 },
	{ BYTES("null"), EVENT_NOT_OBJECT, 0 },
	{ BYTES("17"), EVENT_NOT_OBJECT, 0 },
	{ BYTES("[[[[[]]]]]"), EVENT_NOT_OBJECT, 0 },

	{ BYTES("{" T ",\"a\":[[[]]]}"), EVENT_OK, 0 },
	{ BYTES("{" T ",\"a\":[[[[]]]]}"), EVENT_TOO_DEEP, 30 },
	{ BYTES("{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}"), EVENT_TOO_DEEP, 20 },
	{ BYTES("{" T ",\"a\":[[[[]]]}"), EVENT_NOT_JSON, 34 },

	{ BYTES("{}"), EVENT_TIME_MISSING, 0 },
	{ BYTES(" {\"a\":{" T "}}"), EVENT_TIME_MISSING, 0 },
	{ BYTES("{\"a\":[{" T "}]}"), EVENT_TIME_MISSING, 0 },
	{ BYTES("{" T "," T "}"), EVENT_TIME_DUPLICATE, 23 },
	{ BYTES("{" T ", \"\\u005f_time\":1}"), EVENT_TIME_DUPLICATE, 24 },
	{ BYTES("{\"__time\":1," T "}"), EVENT_TIME_DUPLICATE, 12 },
	{ BYTES("{\"__time\":1}"), EVENT_TIME_NOT_STRING, 10 },
	{ BYTES("{\"__time\": null }"), EVENT_TIME_NOT_STRING, 11 },
	{ BYTES("{\"__time\":[\"2022-04-16\"]}"), EVENT_TIME_NOT_STRING, 10 },
	{ BYTES("{\"__time\":\"\"}"), EVENT_TIME_FORMAT, 10 },
	{ BYTES("{\"__time\" : \"1650067200000\"}"), EVENT_TIME_FORMAT, 12 },
	{ BYTES("{\"__time\":\"2022-04-16\\u0000\"}"), EVENT_TIME_FORMAT, 10 },
	{ BYTES("{\"__time\":\"2022-04-16T00:00:00.000000000+00:00:00.0000000000\"}"),
	  EVENT_TIME_FORMAT, 10 },
	{ BYTES("{\"__time\":\"2022-04-15T23:59:59.000Z\"}"), EVENT_OK, 0 },
	{ BYTES("{\"__time\":\"2022-04-15T23:59:58.999Z\"}"), EVENT_TIME_TOO_OLD, 10 },
	{ BYTES("{\"__time\":\"2022-04-16T00:00:01.000Z\"}"), EVENT_OK, 0 },
	{ BYTES("{\"__time\":\"2022-04-16T00:00:01.001Z\"}"), EVENT_TIME_TOO_NEW, 10 },
};
/* clang-format on */

Test(event, first_fault_and_place)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct event_verdict verdict = { EVENT_FAULT_COUNT, 1, 1 };
		bool ok =
		    event_check(cases[i].line, cases[i].len, &limits, &verdict);

		cr_expect_eq(
		    ok, cases[i].fault == EVENT_OK, "%s", cases[i].line);
		cr_expect_eq(verdict.fault, cases[i].fault, "%s: %s",
		    cases[i].line, event_fault_word(verdict.fault));
		cr_expect_eq(verdict.at, cases[i].at, "%s: at %zu",
		    cases[i].line, verdict.at);
		agreement_check(cases[i].line, cases[i].len, &limits);
	}
}

/* The same, with blanks before it so that it meets every edge of a block. */
Test(event, a_fault_is_found_wherever_a_block_ends)
{
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t shift = 1; shift <= 130; shift++) {
			char line[400];
			struct event_limits wide = limits;
			struct event_verdict verdict;
			size_t at = cases[i].at + shift;

			wide.max_line_bytes = sizeof line;
			memset(line, ' ', shift);
			memcpy(line + shift, cases[i].line, cases[i].len);
			verdict =
			    agreement_check(line, cases[i].len + shift, &wide);
			if (cases[i].fault == EVENT_OK ||
			    cases[i].fault == EVENT_TIME_MISSING)
				at = 0;
			cr_assert_eq(verdict.fault, cases[i].fault);
			cr_assert_eq(verdict.at, at, "%s", cases[i].line);
		}
}

Test(event, a_line_fits_with_its_feed_or_not)
{
	char line[300] = "{" T "}";
	size_t begin = strlen(line);

	memset(line + begin, ' ', sizeof line - begin);
	for (size_t len = 190; len < 210; len++) {
		struct event_verdict v = agreement_check(line, len, &limits);

		cr_expect_eq(v.fault, len < 200 ? EVENT_OK : EVENT_TOO_LARGE);
		cr_expect_eq(v.at, len < 200 ? 0u : 199u, "%zu", v.at);
	}
}

Test(event, a_number_has_at_most_1000_characters)
{
	struct event_limits wide = limits;
	char line[1300];

	wide.max_line_bytes = sizeof line;
	for (size_t shift = 0; shift < 70; shift++)
		for (size_t digits = 990; digits < 1010; digits++) {
			size_t at = shift + (size_t)sprintf(
						line + shift, "{" T ",\"v\":");
			struct event_verdict v;

			memset(line, ' ', shift);
			memset(line + at, '7', digits);
			line[at] = '-';
			line[at + digits] = '}';
			v = agreement_check(line, at + digits + 1, &wide);
			cr_assert_eq(v.fault,
			    digits <= 1000 ? EVENT_OK : EVENT_NUMBER_TOO_LONG);
			cr_assert_eq(v.at, digits <= 1000 ? 0 : at);
		}
}

/* Deeper than the deepest limit, and than the shallow stack. */
Test(event, depth_is_counted_at_every_limit)
{
	static const uint32_t depths[] = { 1, 2, 63, 64, 65, 66, 128, 1023,
		1024, 1025, 5000 };
	static char line[20000];

	for (size_t i = 0; i < COUNT(depths); i++)
		for (size_t k = 0; k < COUNT(depths); k++) {
			struct event_limits wide = { 0, INT64_MAX, depths[i],
				sizeof line };
			uint32_t depth = depths[k] - 1;
			size_t at = (size_t)sprintf(line, "{" T ",\"v\":");
			struct event_verdict v;

			memset(line + at, '[', depth);
			memset(line + at + depth, ']', depth);
			if (depth == 0)
				line[at++] = '0';
			line[at + 2 * depth] = '}';
			v = agreement_check(line, at + 2 * depth + 1, &wide);
			cr_assert_eq(v.fault,
			    depths[k] <= depths[i] ? EVENT_OK : EVENT_TOO_DEEP);
			cr_assert_eq(v.at,
			    depths[k] <= depths[i] ? 0 : at + depths[i] - 1);
		}
}

/* A million levels: no recursion, and syntax is still told before depth. */
Test(event, lines_of_a_million_brackets_are_refused_as_too_deep)
{
	size_t len = (1 << 20) + 10;
	char *line = malloc(len);
	struct event_limits wide = { 0, INT64_MAX, 64, 2000000 };
	struct event_verdict v;

	memset(line, '[', len);
	event_check(line, 1 << 20, &wide, &v);
	cr_expect_eq(v.fault, EVENT_NOT_JSON);
	cr_expect_eq(v.at, 1u << 20);
	event_check(line, len, &wide, &v);
	cr_expect_eq(v.fault, EVENT_TOO_DEEP, "more than can be followed");
	cr_expect_eq(v.at, 1u << 20);
	free(line);
}

Test(event, every_part_of_an_event_is_refused)
{
	static const char line[] = "{\"a\":[\"\\ud83d\\ude00\xf0\x9f\x98\x80\""
				   ",-1.5e+10,true,{\"b\":null}]," T "}";

	for (size_t len = 0; len < sizeof line - 1; len++) {
		struct event_verdict v = agreement_check(line, len, &limits);

		cr_expect(
		    v.fault == EVENT_NOT_JSON || v.fault == EVENT_BAD_UTF8,
		    "%zu bytes", len);
		cr_expect(v.at <= len);
	}
	cr_expect_eq(
	    agreement_check(line, sizeof line - 1, &limits).fault, EVENT_OK);
}

Test(event, every_fault_has_a_word_and_a_sentence_of_its_own)
{
	for (enum event_fault f = EVENT_OK + 1; f < EVENT_FAULT_COUNT; f++) {
		cr_expect(strlen(event_fault_word(f)) > 0);
		cr_expect(strlen(event_fault_text(f)) > 0);
		for (enum event_fault g = EVENT_OK + 1; g < f; g++)
			cr_expect_str_neq(
			    event_fault_word(f), event_fault_word(g));
	}
	cr_expect_eq(EVENT_FAULT_COUNT - 1, 12, "as the contract has them");
}

/* ---- nst/JSONTestSuite: y_ is accepted, n_ is not, i_ may be either ---- */

/* The number ones of the i_ files are JSON by the letter; no other is. */
static bool
suite_wants(const char *name)
{
	static const char *const broken_lines[] = {
		"y_array_with_1_and_newline", "y_object_with_newlines"
	};

	for (size_t i = 0; i < COUNT(broken_lines); i++)
		if (strncmp(name, broken_lines[i], strlen(broken_lines[i])) ==
		    0)
			return false; /* a line feed ends an event */
	return name[0] == 'y' || strncmp(name, "i_number", 8) == 0;
}

/* Two files are nested 100,000 deep, and the reference is recursive. */
#define DEEP_FILE 50000

static void
suite_file(const char *name, size_t counts[2])
{
	static const struct event_limits wide = { 0, INT64_MAX, 64, 2000000 };
	char path[512];
	size_t len = 0, begin;
	char *bytes, *line;
	struct event_verdict v;

	snprintf(path, sizeof path, "JSONTestSuite/test_parsing/%s", name);
	bytes = shared_read(path, &len);
	cr_assert_not_null(bytes, "%s", name);
	if (len > 0 && bytes[len - 1] == '\n')
		len--; /* the file's last feed, not the value's */
	line = malloc(len + 64);
	begin = (size_t)sprintf(line, "{" T ",\"v\":");
	memcpy(line + begin, bytes, len);
	line[begin + len] = '}';
	event_check(line, begin + len + 1, &wide, &v);
	if (len < DEEP_FILE)
		agreement_check(line, begin + len + 1, &wide);
	cr_expect_eq(v.fault == EVENT_OK, suite_wants(name), "%s: %s", name,
	    event_fault_word(v.fault));
	counts[v.fault == EVENT_OK]++;
	free(line);
	free(bytes);
}

Test(event, passes_the_json_test_suite)
{
	char path[1024];
	DIR *directory;
	size_t counts[2] = { 0 };

	snprintf(path, sizeof path, "%s/JSONTestSuite/test_parsing",
	    shared_directory());
	directory = opendir(path);
	if (directory == NULL) {
		fprintf(stderr, "SKIPPED, no such data: %s\n", path);
		return;
	}
	for (struct dirent *e; (e = readdir(directory)) != NULL;)
		if (e->d_name[0] != '.')
			suite_file(e->d_name, counts);
	closedir(directory);
	cr_expect_eq(counts[0] + counts[1], 318u);
}
