#include "gateway/deadletter/file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scratch.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FIRST    "letters-0000000000000001.ndjson"

static char root[] = "/tmp/file-XXXXXX";
static int folder = -1;

static void
begin(void)
{
	cr_assert_not_null(mkdtemp(root));
	folder = open(root, O_RDONLY | O_DIRECTORY);
	cr_assert_neq(folder, -1);
}

static void
end(void)
{
	close(folder);
	cr_assert(scratch_remove(root));
}

TestSuite(file, .init = begin, .fini = end);

static void
put(const char *name, struct span text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_APPEND, 0600);

	cr_assert_neq(fd, -1);
	cr_assert_eq(write(fd, text.at, text.len), (ssize_t)text.len);
	close(fd);
}

static const struct {
	const char *name;
	uint64_t number; /* 0: it is none */
} names[] = {
	{ FIRST, 1 },
	{ "letters-18446744073709551615.ndjson", UINT64_MAX },
	{ "letters-0000000000000012.ndjson", 12 },
	{ "letters-1.ndjson", 0 },
	{ "letters-0000000000000001.ndjson.new", 0 },
	{ "letters-0000000000000001", 0 },
	{ "letters--000000000000001.ndjson", 0 },
	{ "letters-+000000000000001.ndjson", 0 },
	{ "letters- 000000000000001.ndjson", 0 },
	{ "letters-99999999999999999999.ndjson", 0 },
	{ "lock", 0 },
	{ "", 0 },
};

Test(file, is_known_by_its_name_to_the_letter)
{
	char name[DEADLETTER_FILE_NAME];

	for (size_t i = 0; i < COUNT(names); i++) {
		uint64_t number = 0;

		cr_expect_eq(deadletter_file_number(names[i].name, &number),
		    names[i].number > 0, "%s", names[i].name);
		cr_expect_eq(number, names[i].number, "%s", names[i].name);
		deadletter_file_name(name, number);
		if (number > 0)
			cr_expect_str_eq(name, names[i].name);
	}
}

Test(file, a_folder_is_listed_in_order_and_foreign_files_are_counted)
{
	struct deadletter_file_list list;
	char name[DEADLETTER_FILE_NAME];

	for (uint64_t i = 40; i > 0; i--) {
		deadletter_file_name(name, i * 7);
		put(name, SPAN(""));
	}
	put("lock", SPAN("pid 1\n"));
	put("notes.txt", SPAN("?"));
	put(FIRST ".new", SPAN("?"));
	cr_assert(deadletter_file_list(folder, &list));
	cr_assert_eq(list.count, 40);
	for (size_t i = 0; i < list.count; i++)
		cr_expect_eq(list.numbers[i], 7 * (i + 1));
	cr_expect_eq(list.foreign, 1);
	free(list.numbers);
}

/* -------------------------------------------------------------- lines -- */

/* clang-format off */
static const struct {
	struct span text;
	enum deadletter_file_kind kind;
	struct span line;	/* without its line feed */
} lines[] = {
	{ SPAN("{\"a\":1}\n"),	DEADLETTER_FILE_LETTER,	SPAN("{\"a\":1}") },
	{ SPAN("        \n"),	DEADLETTER_FILE_BLANK,	SPAN("        ") },
	{ SPAN("\n"),		DEADLETTER_FILE_BLANK,	SPAN("") },
	/* A crash in the middle of blanking it. */
	{ SPAN(" \"a\":1}\n"),	DEADLETTER_FILE_BLANK,	SPAN(" \"a\":1}") },
	{ SPAN("what a person wrote\n"), DEADLETTER_FILE_LETTER, SPAN("what a person wrote") },
	{ SPAN("\t\0x\n"),	DEADLETTER_FILE_LETTER,	SPAN("\t\0x") },
	{ SPAN("{\"a\":"),	DEADLETTER_FILE_TORN,	SPAN("{\"a\":") },
};
/* clang-format on */

Test(file, lines_are_told_apart_and_have_their_places)
{
	struct deadletter_file file;
	struct deadletter_file_line line;
	uint64_t offset = 0;

	for (size_t i = 0; i < COUNT(lines); i++)
		put(FIRST, lines[i].text);
	cr_assert(deadletter_file_open(&file, folder, 1));
	for (size_t i = 0; i < COUNT(lines); i++) {
		cr_assert(deadletter_file_next(&file, &line), "%zu", i);
		cr_expect_eq(line.kind, lines[i].kind, "%zu", i);
		cr_expect(span_equal(line.text, lines[i].line), "%zu", i);
		cr_expect_eq(line.offset, offset, "%zu", i);
		cr_expect_eq(line.len, lines[i].text.len, "%zu", i);
		offset += line.len;
	}
	cr_expect_not(deadletter_file_next(&file, &line));
	cr_expect_not(deadletter_file_next(&file, &line));
	cr_expect_eq(file.failed, 0);
	deadletter_file_close(&file);
	deadletter_file_close(&file);
}

/* Pieces are 64 KiB: lines around that length, and many of them. */
Test(file, no_length_of_a_line_matters)
{
	static const size_t lengths[] = { 1, 65534, 65535, 65536, 65537, 3,
		131072, 200000, 1 };
	static char long_line[200001];
	struct deadletter_file file;
	struct deadletter_file_line line;
	size_t i;

	for (i = 0; i < COUNT(lengths); i++) {
		memset(long_line, 'a' + (int)i, lengths[i]);
		long_line[lengths[i]] = '\n';
		put(FIRST, (struct span){ long_line, lengths[i] + 1 });
	}
	cr_assert(deadletter_file_open(&file, folder, 1));
	for (i = 0; deadletter_file_next(&file, &line); i++) {
		cr_assert(i < COUNT(lengths));
		cr_expect_eq(line.text.len, lengths[i], "%zu", i);
		cr_expect_eq(line.text.at[0], 'a' + (int)i);
		cr_expect_eq(line.text.at[lengths[i] - 1], 'a' + (int)i);
	}
	cr_expect_eq(i, COUNT(lengths));
	deadletter_file_close(&file);
}

Test(file, a_line_too_long_is_skipped)
{
	size_t len = DEADLETTER_FILE_LINE + 100000;
	char *text = malloc(len);
	struct deadletter_file file;
	struct deadletter_file_line line;

	memset(text, 'x', len);
	put(FIRST, SPAN("before\n"));
	put(FIRST, (struct span){ text, len });
	put(FIRST, SPAN("\nbehind\n"));
	cr_assert(deadletter_file_open(&file, folder, 1));
	cr_assert(deadletter_file_next(&file, &line));
	cr_assert(deadletter_file_next(&file, &line));
	cr_expect_eq(line.kind, DEADLETTER_FILE_LONG);
	cr_expect_eq(line.offset, 7);
	cr_expect_eq(line.len, len + 1);
	cr_assert(deadletter_file_next(&file, &line));
	cr_expect(span_equal(line.text, SPAN("behind")));
	cr_expect_eq(line.offset, 7 + len + 1);
	cr_expect_not(deadletter_file_next(&file, &line));
	deadletter_file_close(&file);
	free(text);
}

Test(file, what_cannot_be_opened_is_no_link_either)
{
	struct deadletter_file file;

	cr_expect_not(deadletter_file_open(&file, folder, 1));
	put("elsewhere", SPAN("x\n"));
	cr_assert_eq(symlinkat("elsewhere", folder, FIRST), 0);
	cr_expect_not(deadletter_file_open(&file, folder, 1));
}
