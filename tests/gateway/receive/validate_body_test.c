#include "gateway/receive/validate_body.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define NOW      INT64_C(1650069000000) /* 2022-04-16T00:30:00Z */
#define EV(name) "{\"__time\":\"2022-04-16T00:00:00Z\",\"n\":\"" name "\"}"

static const struct table_options table = {
	.batch = { .max_events = 60, .max_bytes = 200, .linger_ms = 500 },
	.events = { .max_age_ms = 3600000,
	    .max_ahead_ms = 60000,
	    .max_depth = 4 },
};

static struct validate_body found;
static struct buffer detail;
static char body[1 << 16];

static enum outcome
run(const char *text)
{
	size_t len = strlen(text);

	buffer_fini(&detail);
	buffer_init(&detail, VALIDATE_BODY_DETAIL_MAX);
	memcpy(body, text, len);
	return validate_body(&found, body, len, &table, NOW, NULL, &detail);
}

Test(check, keeps_good_lines_in_order_and_as_they_came)
{
	cr_expect_eq(
	    run("\r\n" EV("a") "\r\n\n" EV("b") "\n\n" EV("c")), OUTCOME_KEPT);
	cr_expect_eq(found.events, 3);
	cr_expect_eq(found.earliest_ms, NOW - 1800000);
	cr_expect(span_equal((struct span){ body, found.bytes },
	    SPAN(EV("a") "\n" EV("b") "\n" EV("c") "\n")));
	cr_expect_eq(detail.len, 0);
}

Test(check, finds_the_earliest_time)
{
	cr_expect_eq(run("{\"__time\":\"2022-04-16T00:20:00Z\"}\n"
			 "{\"__time\":\"2022-04-15T23:40:00Z\"}\n"
			 "{\"__time\":\"2022-04-16T00:30:30Z\"}\n"),
	    OUTCOME_KEPT);
	cr_expect_eq(found.earliest_ms, NOW - 50 * 60000);
}

Test(check, blank_lines_are_no_events)
{
	cr_expect_eq(run(""), OUTCOME_KEPT);
	cr_expect_eq(found.events, 0);
	cr_expect_eq(run("\n\r\n \t\n"), OUTCOME_KEPT);
	cr_expect_eq(found.events, 0);
}

Test(check, an_array_is_told_what_to_send_instead)
{
	cr_expect_eq(run(" \n [" EV("a") "," EV("b") "]"), OUTCOME_ARRAY);
}

/* clang-format off */
static const struct {
	const char *line;
	const char *told;
} faults[] = {
	{ "{\"a\":1}",
	  "\"line\":2,\"offset\":0,\"reason\":\"time_missing\"" },
	{ "nonsense",
	  "\"line\":2,\"offset\":0,\"reason\":\"not_json\"" },
	{ "{\"__time\":\"2022-04-15T23:00:00Z\"}",
	  "\"line\":2,\"offset\":10,\"reason\":\"time_too_old\"" },
	{ "{\"__time\":\"2022-04-16T00:31:01Z\"}",
	  "\"line\":2,\"offset\":10,\"reason\":\"time_too_new\"" },
	{ "{\"__time\":\"2022-04-16T00:00:00Z\",\"a\":[[[[]]]]}",
	  "\"reason\":\"too_deep\"" },
	{ EV("0123456789012345678901234567890123456789012345678901234567890"
	     "0123456789012345678901234567890123456789012345678901234567890"
	     "0123456789012345678901234567890123456789012345678901234567890"),
	  "\"reason\":\"too_large\"" },
	{ "{\"__time\":\"x\xff\x01\\\"}",
	  "\"message\":\"not valid UTF-8" },
};
/* clang-format on */

Test(check, names_line_offset_and_reason_by_the_tables_rules)
{
	char text[1024];

	for (size_t i = 0; i < COUNT(faults); i++) {
		snprintf(text, sizeof text, "%s\n%s\n%s\n", EV("a"),
		    faults[i].line, EV("b"));
		cr_expect_eq(run(text), OUTCOME_BAD_EVENTS, "%zu", i);
		cr_expect_str_eq(
		    found.message, "1 of 3 events are invalid; none was kept");
		cr_expect_not_null(
		    strstr(detail.at, faults[i].told), "%s", detail.at);
	}
}

/* The answer must be JSON in UTF-8, whatever the line was. */
Test(check, shows_forty_bytes_of_the_line_and_escapes_them)
{
	cr_expect_eq(
	    run("x\"\\\x01\xff<0123456789012345678901234567890123456789"
		"SECRET\n"),
	    OUTCOME_BAD_EVENTS);
	cr_expect_not_null(strstr(detail.at, "here: x\\\"\\\\\\\\x01\\\\xff<"),
	    "%s", detail.at);
	cr_expect_null(strstr(detail.at, "SECRET"), "%s", detail.at);
	for (size_t i = 0; i < detail.len; i++)
		cr_expect(detail.at[i] >= ' ' && detail.at[i] < 0x7f);
}

static size_t
count(const char *text, const char *word)
{
	size_t n = 0;

	while ((text = strstr(text, word)) != NULL) {
		text += strlen(word);
		n++;
	}
	return n;
}

Test(check, tells_twenty_and_counts_the_rest)
{
	char text[4096] = "";

	for (int i = 0; i < 25; i++)
		strcat(text,
		    "\"\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
		    "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
		    "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
		    "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\n");
	cr_expect_eq(run(text), OUTCOME_BAD_EVENTS);
	cr_expect_eq(found.invalid, 25);
	cr_expect_eq(count(detail.at, "\"reason\""), 20, "%s", detail.at);
	cr_expect_not_null(strstr(detail.at, "],\"more\":5"), "%s", detail.at);
	cr_expect_eq(run("x\n"), OUTCOME_BAD_EVENTS);
	cr_expect_not_null(strstr(detail.at, "],\"more\":0"), "%s", detail.at);
}

/* --------------------------------------------------------------- skip -- */

static struct buffer letters;

static enum outcome
skip(const char *text, size_t len, size_t letters_most)
{
	struct validate_body_skip how = { &letters, SPAN("p") };

	buffer_fini(&detail);
	buffer_init(&detail, VALIDATE_BODY_DETAIL_MAX);
	buffer_fini(&letters);
	buffer_init(&letters, letters_most);
	memcpy(body, text, len);
	return validate_body(&found, body, len, &table, NOW, &how, &detail);
}

#define SKIP(text) skip(text, sizeof(text) - 1, 10000)
#define LETTER(reason, line, offset, event)                                    \
	"{\"at\":\"2022-04-16T00:30:00.000Z\",\"table\":\"\","                 \
	"\"producer\":\"p\",\"reason\":\"" reason "\",\"line\":" line          \
	",\"offset\":" offset "," event "}\n"

/* The first bad line is overwritten by good ones before the walk ends. */
Test(check, skips_bad_lines_into_letters_with_their_own_bytes)
{
	cr_expect_eq(SKIP("nonsense nonsense nonsense\n" EV("a") "\r\n\n" EV(
			 "b") "\n\xff\0{\n" EV("c") "\n{}"),
	    OUTCOME_KEPT);
	cr_expect_eq(found.events, 3);
	cr_expect_eq(found.invalid, 3);
	cr_expect(span_equal((struct span){ body, found.bytes },
	    SPAN(EV("a") "\n" EV("b") "\n" EV("c") "\n")));
	cr_expect_str_eq(letters.at,
	    LETTER("not_json", "1", "0",
		"\"event\":\"nonsense nonsense nonsense\"")
		LETTER("bad_utf8", "5", "0", "\"event_base64\":\"/wB7\"")
		    LETTER("time_missing", "7", "0", "\"event\":\"{}\""),
	    "%s", letters.at);
	cr_expect_eq(strncmp(detail.at, ",\"errors\":[{\"line\":1", 20), 0,
	    "%s", detail.at);
	cr_expect_eq(detail.at[detail.len - 1], ']');
}

Test(check, skipping_may_leave_nothing_or_find_nothing)
{
	cr_expect_eq(SKIP("x\n\ny"), OUTCOME_KEPT);
	cr_expect_eq(found.events, 0);
	cr_expect_eq(found.bytes, 0);
	cr_expect_eq(found.invalid, 2);
	cr_expect_eq(SKIP(EV("a")), OUTCOME_KEPT);
	cr_expect_eq(found.invalid, 0);
	cr_expect_eq(letters.len, 0);
	cr_expect_eq(SKIP("[" EV("a") "]"), OUTCOME_ARRAY);
}

Test(check, letters_that_do_not_fit_refuse_the_request)
{
	cr_expect_eq(skip("x\ny\n", 4, 200), OUTCOME_TOO_MANY_INVALID);
	cr_expect_eq(found.invalid, 2, "and all are counted");
}
