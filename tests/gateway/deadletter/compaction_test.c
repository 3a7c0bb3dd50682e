#include "gateway/deadletter/compaction.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scratch.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LETTER(table, reason)                                                  \
	"{\"at\":\"2022-04-16T00:46:58.771Z\",\"table\":\"" table              \
	"\",\"reason\":\"" reason "\",\"event\":\"{}\"}\n"
#define BLANK "                                   \n"

static char root[] = "/tmp/compaction-XXXXXX";
static int folder = -1;

static void
begin(void)
{
	cr_assert_not_null(mkdtemp(root));
	folder = open(root, O_RDONLY | O_DIRECTORY);
}

static void
end(void)
{
	close(folder);
	cr_assert(scratch_remove(root));
}

TestSuite(compaction, .init = begin, .fini = end);

static void
put(uint64_t number, const char *text)
{
	char name[DEADLETTER_FILE_NAME];
	int fd;

	deadletter_file_name(name, number);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_APPEND, 0600);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* "-": there is no such file. */
static const char *
text_of(uint64_t number)
{
	static char text[4096];
	char name[DEADLETTER_FILE_NAME];
	ssize_t n;
	int fd;

	deadletter_file_name(name, number);
	fd = openat(folder, name, O_RDONLY);
	if (fd == -1)
		return "-";
	n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static struct deadletter_compaction
purge(struct deadletter_reader_filter filter, uint64_t last)
{
	struct deadletter_compaction counts = { 0 };
	struct err err = { 0 };

	cr_assert(deadletter_compaction_purge(
		      folder, &filter, last, NULL, &counts, &err),
	    "%s", err.text);
	return counts;
}

Test(compaction, removes_what_matches_and_leaves_the_rest_to_the_byte)
{
	struct deadletter_reader_filter filter = DEADLETTER_READER_ANY;
	struct deadletter_compaction counts;

	put(1, LETTER("a", "r") LETTER("b", "r") "a note\n" LETTER("a", "q"));
	put(2, LETTER("b", "r") BLANK);
	put(3, LETTER("a", "r") LETTER("a", "r"));
	put(4, "a note without its end");
	filter.table = SPAN("a");
	counts = purge(filter, UINT64_MAX);
	cr_expect_eq(counts.removed, 4);
	cr_expect_eq(counts.removed_bytes, 4 * strlen(LETTER("a", "r")));
	cr_expect_eq(counts.left, 2);
	cr_expect_eq(counts.damaged, 2);
	cr_expect_str_eq(text_of(1), LETTER("b", "r") "a note\n");
	cr_expect_str_eq(text_of(2), LETTER("b", "r") BLANK, "nothing to do");
	cr_expect_str_eq(text_of(3), "-");
	cr_expect_str_eq(text_of(4), "a note without its end");
}

Test(compaction, does_not_touch_files_behind_the_last)
{
	put(7, LETTER("a", "r"));
	put(8, LETTER("a", "r"));
	cr_expect_eq(purge(DEADLETTER_READER_ANY, 7).removed, 1);
	cr_expect_str_eq(text_of(7), "-");
	cr_expect_str_eq(text_of(8), LETTER("a", "r"));
}

Test(compaction, stops_between_two_files)
{
	struct deadletter_reader_filter any = DEADLETTER_READER_ANY;
	struct deadletter_compaction counts = { 0 };
	atomic_bool stop = true;
	struct err err = { 0 };

	put(1, LETTER("a", "r"));
	cr_expect(
	    deadletter_compaction_purge(folder, &any, 9, &stop, &counts, &err));
	cr_expect_eq(counts.removed, 0);
	cr_expect_str_eq(text_of(1), LETTER("a", "r"));
}

/* clang-format off */
static const struct {
	const char *before, *behind;
} tidied[] = {
	{ BLANK,				"-" },
	{ BLANK "x\n",				"x\n" },
	{ LETTER("a", "r") BLANK BLANK BLANK,	LETTER("a", "r") },
	{ LETTER("a", "r") BLANK,		LETTER("a", "r") BLANK },
	{ LETTER("a", "r"),			LETTER("a", "r") },
	{ "",					"" },
};
/* clang-format on */

Test(compaction, gives_back_room_where_it_is_worth_it)
{
	struct err err = { 0 };

	for (size_t i = 0; i < COUNT(tidied); i++)
		put(i + 1, tidied[i].before);
	cr_assert(deadletter_compaction_tidy(folder, UINT64_MAX, &err), "%s",
	    err.text);
	for (size_t i = 0; i < COUNT(tidied); i++)
		cr_expect_str_eq(text_of(i + 1), tidied[i].behind, "%zu", i);
}

Test(compaction, that_cannot_write_leaves_all_as_it_was)
{
	struct deadletter_reader_filter filter = DEADLETTER_READER_ANY;
	struct deadletter_compaction counts = { 0 };
	struct err err = { 0 };

	put(1, LETTER("a", "r") LETTER("b", "r"));
	cr_assert_eq(
	    mkdirat(folder, "letters-0000000000000001.ndjson.new", 0700), 0);
	filter.table = SPAN("a");
	cr_expect_not(deadletter_compaction_purge(
	    folder, &filter, 9, NULL, &counts, &err));
	cr_expect_not_null(
	    strstr(err.text, "letters-0000000000000001"), "%s", err.text);
	cr_expect_str_eq(text_of(1), LETTER("a", "r") LETTER("b", "r"));
}
