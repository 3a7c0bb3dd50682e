#include <criterion/criterion.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "tests/support/heard.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define STAMP_LEN 24 /* 2026-11-24T10:00:00.123Z */

/* What was said on standard error. */
static char *caught;
static size_t caught_len;

static void
call(void *arg)
{
	(*(void (**)(void))arg)();
}

static void
hear(void (*say)(void))
{
	caught = heard(call, &say, &caught_len);
}

static void
setup(enum log_level level, enum log_format format)
{
	log_setup(&(struct log_options){ .level = level, .format = format });
}

/* clang-format off */
static const struct {
	const char	*what, *value, *text, *json;
} values[] = {
	{ "a word",		"abc",		"abc",			"\"abc\"" },
	{ "nothing",		"",		"\"\"",			"\"\"" },
	{ "an address",		"127.0.0.1:80",	"127.0.0.1:80",		"\"127.0.0.1:80\"" },
	{ "a blank",		"a b",		"\"a b\"",		"\"a b\"" },
	{ "an equals sign",	"a=b",		"\"a=b\"",		"\"a=b\"" },
	{ "a quote",		"a\"b",		"\"a\\\"b\"",		"\"a\\\"b\"" },
	{ "a backslash",	"a\\b",		"\"a\\\\b\"",		"\"a\\\\b\"" },
	{ "a forged line",	"a\nb",		"\"a\\nb\"",		"\"a\\nb\"" },
	{ "tab and return",	"\t\r",		"\"\\t\\r\"",		"\"\\t\\r\"" },
	{ "an escape",		"\x1b[31m",	"\"\\x1b[31m\"",	"\"\\u001b[31m\"" },
	{ "delete",		"\x7f",		"\"\\x7f\"",		"\"\\u007f\"" },
	{ "two bytes",		"\xc3\xa9",	"\xc3\xa9",		"\"\xc3\xa9\"" },
	{ "three bytes",	"\xe2\x82\xac",	"\xe2\x82\xac",		"\"\xe2\x82\xac\"" },
	{ "four bytes",		"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80",	"\"\xf0\x9f\x98\x80\"" },
	{ "a lone byte",	"\xff",		"\"\\xff\"",		"\"\\u00ff\"" },
	{ "a torn character",	"\xe2\x82",	"\"\\xe2\\x82\"",	"\"\\u00e2\\u0082\"" },
	{ "an overlong slash",	"\xc0\xaf",	"\"\\xc0\\xaf\"",	"\"\\u00c0\\u00af\"" },
	{ "overlong, longer",	"\xe0\x80\xaf",	"\"\\xe0\\x80\\xaf\"",	"\"\\u00e0\\u0080\\u00af\"" },
	{ "a surrogate",	"\xed\xa0\x80",	"\"\\xed\\xa0\\x80\"",	"\"\\u00ed\\u00a0\\u0080\"" },
	{ "past the last",	"\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\"", "\"\\u00f4\\u0090\\u0080\\u0080\"" },
	{ "a C1 control",	"\xc2\x9b",	"\"\\xc2\\x9b\"",	"\"\\u00c2\\u009b\"" },
	{ "right to left",	"\xe2\x80\xae",	"\"\\xe2\\x80\\xae\"",	"\"\\u00e2\\u0080\\u00ae\"" },
};
/* clang-format on */

static void
say_values(void)
{
	for (size_t i = 0; i < COUNT(values); i++)
		log_event(LOG_INFO, "word", LOG_STR("key", values[i].value));
}

static void
expect_values(bool json)
{
	char want[200], *line = caught, *end;

	for (size_t i = 0; i < COUNT(values); i++, line = end + 1) {
		end = strchr(line, '\n');
		cr_assert_not_null(end, "%s", values[i].what);
		*end = '\0';
		snprintf(want, sizeof want,
		    json ? "\",\"level\":\"info\",\"event\":\"word\","
			   "\"key\":%s}"
			 : " info word key=%s",
		    json ? values[i].json : values[i].text);
		cr_assert_gt(strlen(line), STAMP_LEN + (json ? 9 : 0));
		cr_expect_str_eq(line + STAMP_LEN + (json ? 9 : 0), want,
		    "%s: %s", values[i].what, line);
	}
	cr_expect_str_eq(line, "", "nothing more");
}

Test(log, text_quotes_what_would_be_misread)
{
	setup(LOG_INFO, LOG_TEXT);
	hear(say_values);
	expect_values(false);
}

Test(log, json_stays_json_whatever_it_is_given)
{
	setup(LOG_INFO, LOG_JSON);
	hear(say_values);
	expect_values(true);
}

static void
say_levels(void)
{
	log_event(LOG_DEBUG, "d");
	log_event(LOG_INFO, "i");
	log_event(LOG_WARN, "w", LOG_INT("n", INT64_MIN), LOG_INT("m", 0));
	log_event(LOG_ERROR, "e");
}

Test(log, a_level_silences_those_below_it)
{
	static const char *const first[] = { " debug d\n", " info i\n",
		" warn w n=-9223372036854775808 m=0\n", " error e\n" };

	for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
		size_t lines = 0;

		setup((enum log_level)level, LOG_TEXT);
		hear(say_levels);
		for (size_t i = 0; i < caught_len; i++)
			lines += caught[i] == '\n';
		cr_expect_eq(lines, (size_t)(LOG_ERROR - level + 1));
		cr_expect_eq(strncmp(caught + STAMP_LEN, first[level],
				 strlen(first[level])),
		    0, "%s", caught);
	}
}

static void
say_one(void)
{
	log_event(LOG_INFO, "one");
}

Test(log, a_line_begins_with_the_time_in_utc)
{
	const char *shape = "0000-00-00T00:00:00.000Z";

	setup(LOG_INFO, LOG_TEXT);
	hear(say_one);
	for (size_t i = 0; shape[i] != '\0'; i++)
		if (shape[i] == '0')
			cr_expect(
			    caught[i] >= '0' && caught[i] <= '9', "%s", caught);
		else
			cr_expect_eq(caught[i], shape[i], "%s", caught);
	cr_expect_str_eq(caught + STAMP_LEN, " info one\n");
}

static char long_text[10000];

static void
say_long(void)
{
	memset(long_text, 'x', sizeof long_text - 1);
	log_event(LOG_INFO, "long", LOG_STR("a", "1"), LOG_STR("b", long_text),
	    LOG_STR("c", "3"));
	memset(long_text, '\n', sizeof long_text - 1);
	log_event(LOG_INFO, "long", LOG_STR("b", long_text));
}

Test(log, a_field_that_does_not_fit_is_left_out_and_said_so)
{
	setup(LOG_INFO, LOG_TEXT);
	hear(say_long);
	cr_expect_not_null(strstr(caught, " info long a=1 cut=true\n"));
	cr_expect_not_null(strstr(caught, " info long cut=true\n"));
	setup(LOG_INFO, LOG_JSON);
	hear(say_long);
	cr_expect_not_null(
	    strstr(caught, "\"event\":\"long\",\"a\":\"1\",\"cut\":true}\n"));
	cr_expect_not_null(
	    strstr(caught, "\"event\":\"long\",\"cut\":true}\n"));
}

#define THREADS 4
#define LINES   200

static void *
say_often(void *letter)
{
	char text[201] = { 0 };

	memset(text, *(char *)letter, sizeof text - 1);
	for (int i = 0; i < LINES; i++)
		log_event(LOG_INFO, "many", LOG_STR("k", text));
	return NULL;
}

static void
say_from_threads(void)
{
	char letters[THREADS] = { 'a', 'b', 'c', 'd' };
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, say_often, &letters[i]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

Test(log, lines_of_several_threads_never_mix)
{
	size_t lines = 0;
	char *at, *end;

	setup(LOG_INFO, LOG_TEXT);
	hear(say_from_threads);
	for (at = caught; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		char *k = strstr(at, " k=");

		cr_assert(k != NULL && k < end);
		cr_assert_eq(end - k, 203, "one whole value a line");
		cr_assert_eq(strspn(k + 3, (char[]){ k[3], 0 }), 200);
		lines++;
	}
	cr_expect_eq(lines, THREADS * LINES);
}

static void
say_into_nothing(void)
{
	close(STDERR_FILENO);
	log_event(LOG_ERROR, "lost");
}

Test(log, a_log_that_cannot_be_written_is_lost)
{
	hear(say_into_nothing);
	cr_expect_eq(caught_len, 0);
}
