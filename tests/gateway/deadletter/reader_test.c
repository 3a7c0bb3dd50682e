#include "gateway/deadletter/reader.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/scratch.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LETTER(table, reason, event)                                           \
	"{\"at\":\"2022-04-16T00:46:58.771Z\",\"table\":\"" table              \
	"\",\"reason\":\"" reason "\",\"event\":\"" event "\"}\n"

static char root[] = "/tmp/reader-XXXXXX";
static struct deadletter_reader *reader;

static void
begin(void)
{
	cr_assert_not_null(mkdtemp(root));
}

static void
end(void)
{
	deadletter_reader_close(&reader);
	cr_assert(scratch_remove(root));
}

TestSuite(reader, .init = begin, .fini = end);

static void
put(uint64_t number, const char *text)
{
	char name[DEADLETTER_FILE_NAME], path[100];
	FILE *file;

	deadletter_file_name(name, number);
	snprintf(path, sizeof path, "%s/%s", root, name);
	file = fopen(path, "a");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static void
open_reader(void)
{
	struct err err = { 0 };

	deadletter_reader_close(&reader);
	cr_assert(deadletter_reader_open(&reader, root, &err), "%s", err.text);
}

/* The events in their order; of what is no letter, '!'. */
static const char *
all(void)
{
	static char text[1000];
	struct deadletter_reader_item item;
	enum deadletter_reader_kind kind;
	size_t len = 0;

	while ((kind = deadletter_reader_next(reader, &item)) !=
	       DEADLETTER_READER_END) {
		struct span said = kind == DEADLETTER_READER_LETTER
				       ? item.letter.event
				       : SPAN("!");

		cr_assert(len + said.len < sizeof text - 1);
		memcpy(text + len, said.at, said.len);
		len += said.len;
	}
	text[len] = '\0';
	return text;
}

Test(reader, gives_the_oldest_first_and_passes_over_what_is_gone)
{
	put(10, LETTER("t", "r", "d"));
	put(9, LETTER("t", "r", "b") "          \n" LETTER("t", "r", "c"));
	put(2, " \"at\":1}\n\n" LETTER("t", "r", "a"));
	put(3, "");
	open_reader();
	cr_expect_str_eq(all(), "abcd");
	cr_expect_eq(deadletter_reader_foreign(reader), 0);
	open_reader();
	deadletter_reader_until(reader, 9);
	cr_expect_str_eq(all(), "abc");
}

/* clang-format off */
static const struct {
	const char *line, *why;
} bad[] = {
	{ "hello\n",				"no letter" },
	{ "{\"at\":\"2022-04-16T00:46:58.771Z\"}\n", "no letter" },
	{ "{\"table\":\"t\",\"reason\":\"r\"}\n", "no letter" },
	{ "[]\n",				"no letter" },
	{ "{\"table\":\"t\",\"reason\":\"r\",\"event\":{}}\n", "no letter" },
	{ "{\"table\":\"t\",\"reason\":\"r\",\"event_base64\":\"=\"}\n", "no letter" },
	{ "{\"table\":\"t\",\"reason\":\"r\",\"event\":\"x\",\"line\":-1}\n", "no letter" },
	{ "{\"table\":\"t\",\"reason\":\"r\",\"event\":\"x\",\"status\":1000}\n", "no letter" },
	{ "{\"table\":\"t\",\"reason\":\"r\",\"event\":\"x\",\"at\":\"noon\"}\n", "no letter" },
	{ "{\"table\":\"t\",\"reason\":\"r\",\"event\":\"x\"}}\n", "no letter" },
	{ "{\"table\":\"t\",\"reason\":\"r\",\"event\":\"x\"",	"without its end" },
};
/* clang-format on */

Test(reader, what_is_no_letter_is_told_with_its_place)
{
	struct deadletter_reader_item item;
	char want[80];

	for (size_t i = 0; i < COUNT(bad); i++) {
		put(i + 1, LETTER("t", "r", "a"));
		put(i + 1, bad[i].line);
	}
	open_reader();
	for (size_t i = 0; i < COUNT(bad); i++) {
		cr_assert_eq(deadletter_reader_next(reader, &item),
		    DEADLETTER_READER_LETTER);
		snprintf(want, sizeof want,
		    "letters-%016zu.ndjson, byte %zu: ", i + 1, item.len);
		cr_assert_eq(deadletter_reader_next(reader, &item),
		    DEADLETTER_READER_DAMAGED, "%zu", i);
		cr_expect_eq(
		    strncmp(item.why, want, strlen(want)), 0, "%s", item.why);
		cr_expect_not_null(
		    strstr(item.why, bad[i].why), "%zu: %s", i, item.why);
	}
	cr_expect_eq(
	    deadletter_reader_next(reader, &item), DEADLETTER_READER_END);
}

Test(reader, a_letter_says_what_stands_in_it)
{
	struct deadletter_reader_item item;

	put(1, "{ \"event_base64\": \"/w==\", \"offset\":7, \"x\":[{}],"
	       "\"reason\":\"r\\u00e4\", \"line\": 3,"
	       "\"producer\":\"p\", \"answer\":\"no\\n\",\"status\":400,"
	       "\"t\\u0061ble\":\"t\",\"at\":\"2022-04-16T00:46:58.771Z\"}\n");
	open_reader();
	cr_assert_eq(
	    deadletter_reader_next(reader, &item), DEADLETTER_READER_LETTER);
	cr_expect(span_equal(item.letter.event, SPAN("\xff")));
	cr_expect(span_equal(item.letter.reason, SPAN("r\xc3\xa4")));
	cr_expect(span_equal(item.letter.producer, SPAN("p")));
	cr_expect(span_equal(item.letter.answer, SPAN("no\n")));
	cr_expect(span_equal(item.letter.table, SPAN("t")));
	cr_expect_eq(item.letter.line, 3);
	cr_expect_eq(item.letter.offset, 7);
	cr_expect_eq(item.letter.status, 400);
	cr_expect_eq(item.letter.at_ms, INT64_C(1650070018771));
	cr_expect_eq(item.line.len + 1, item.len);
}

Test(reader, a_file_that_goes_away_meanwhile_is_passed_over)
{
	char path[100];

	put(1, LETTER("t", "r", "a"));
	put(2, LETTER("t", "r", "b"));
	put(3, LETTER("t", "r", "c"));
	open_reader();
	snprintf(path, sizeof path, "%s/letters-%016d.ndjson", root, 2);
	cr_assert_eq(unlink(path), 0);
	cr_expect_str_eq(all(), "ac");
}

Test(reader, a_folder_that_is_not_there_is_told)
{
	struct err err = { 0 };

	cr_expect_not(
	    deadletter_reader_open(&reader, "/tmp/no/such/folder", &err));
	cr_expect_not_null(strstr(err.text, "/tmp/no/such/folder"));
}

/* -------------------------------------------------------------- filter -- */

#define AT INT64_C(1650070018771)

/* clang-format off */
static const struct {
	struct deadletter_reader_filter filter;
	bool means;
} filters[] = {
	{ { .since_ms = INT64_MIN, .before_ms = INT64_MAX }, true },
	{ { SPAN("t"), SPAN("r"), AT, AT + 1 }, true },
	{ { SPAN("T"), SPAN("r"), AT, AT + 1 }, false },
	{ { SPAN("tt"), SPAN(""), AT, AT + 1 }, false },
	{ { SPAN(""), SPAN("q"), AT, AT + 1 }, false },
	{ { SPAN(""), SPAN(""), AT + 1, AT + 2 }, false },
	{ { SPAN(""), SPAN(""), AT - 1, AT }, false },
};
/* clang-format on */

Test(reader, letters_are_meant_by_table_reason_and_time)
{
	struct deadletter_record letter = {
		.at_ms = AT, .table = SPAN("t"), .reason = SPAN("r")
	};

	for (size_t i = 0; i < COUNT(filters); i++)
		cr_expect_eq(
		    deadletter_reader_matches(&filters[i].filter, &letter),
		    filters[i].means, "%zu", i);
}
