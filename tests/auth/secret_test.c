#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/secret.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define S        SECRET_LOOK_INTERVAL_NS

static char dir[] = "/tmp/secret_test.XXXXXX";
static char path[100];

static void
make_dir(void)
{
	cr_assert(mkdtemp(dir) != NULL);
	snprintf(path, sizeof path, "%s/secret", dir);
}

static void
remove_dir(void)
{
	char command[100];

	snprintf(command, sizeof command, "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(secret, .init = make_dir, .fini = remove_dir);

static void
write_file(const char *name, const void *bytes, size_t len)
{
	FILE *file = fopen(name, "w");

	cr_assert(file != NULL);
	cr_assert_eq(fwrite(bytes, 1, len, file), len);
	cr_assert_eq(fclose(file), 0);
}

static void
write_text(const char *text)
{
	write_file(path, text, strlen(text));
}

static struct secret *
open_path(void)
{
	struct secret *secret = NULL;
	struct err err = { 0 };

	cr_assert(secret_open(&secret, NULL, path, 0, &err), "%s", err.text);
	return secret;
}

static void
expect_text(const struct secret *secret, const char *want)
{
	struct span text = secret_text(secret);

	cr_expect(span_equal(text, span_of(want)), "%s", want);
	cr_expect_str_eq(text.at, want);
}

/* clang-format off */
static const struct {
	const char *what;
	struct span file;
	const char *want;	/* NULL: refused */
} files[] = {
	{ "as it is", { "hunter2", 7 }, "hunter2" },
	{ "newline", { "hunter2\n", 8 }, "hunter2" },
	{ "CR LF", { "hunter2\r\n", 9 }, "hunter2" },
	{ "newlines", { "hunter2\n\n", 9 }, "hunter2" },
	{ "all visible", { "!~{}\"'", 6 }, "!~{}\"'" },
	{ "empty", { "", 0 }, NULL },
	{ "only a newline", { "\n", 1 }, NULL },
	{ "blank inside", { "hunter 2", 8 }, NULL },
	{ "blank behind", { "hunter2 \n", 9 }, NULL },
	{ "two lines", { "hunter\n2", 8 }, NULL },
	{ "header of its own", { "x\r\nHost: y", 10 }, NULL },
	{ "NUL", { "hunter\0002", 8 }, NULL },
	{ "DEL", { "hunter\x7f", 7 }, NULL },
	{ "not ASCII", { "h\xc3\xbcnter", 7 }, NULL },
};
/* clang-format on */

Test(secret, a_file_holds_one_line_of_visible_ascii)
{
	for (size_t i = 0; i < COUNT(files); i++) {
		struct secret *secret = NULL;
		struct err err = { 0 };
		bool ok;

		write_file(path, files[i].file.at, files[i].file.len);
		ok = secret_open(&secret, NULL, path, 0, &err);
		cr_expect_eq(ok, files[i].want != NULL, "%s", files[i].what);
		if (ok)
			expect_text(secret, files[i].want);
		cr_expect_eq(ok, err.kind == ERR_NONE, "%s", files[i].what);
		cr_expect(strstr(err.text, "unter") == NULL, "%s", err.text);
		secret_close(&secret);
	}
}

Test(secret, its_size_has_a_maximum)
{
	char text[SECRET_BYTES_MAX + 3];
	struct secret *secret = NULL;
	struct err err = { 0 };

	memset(text, 'x', sizeof text);
	write_file(path, text, SECRET_BYTES_MAX);
	cr_expect(secret_open(&secret, NULL, path, 0, &err));
	cr_expect_eq(secret_text(secret).len, SECRET_BYTES_MAX);
	secret_close(&secret);
	for (size_t more = 1; more <= 3; more++) {
		write_file(path, text, SECRET_BYTES_MAX + more);
		cr_expect(!secret_open(&secret, NULL, path, 0, &err));
		cr_expect_eq(err.kind, ERR_LIMIT);
	}
}

Test(secret, what_is_not_a_file_is_refused_and_blocks_nothing)
{
	struct secret *secret = NULL;
	struct err err = { 0 };

	cr_expect(!secret_open(&secret, NULL, path, 0, &err));
	cr_expect(!secret_open(&secret, NULL, dir, 0, &err));
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_expect(!secret_open(&secret, NULL, path, 0, &err));
	cr_expect(strstr(err.text, path) != NULL, "%s", err.text);
}

Test(secret, the_configurations_text_is_checked_and_never_changes)
{
	struct secret *secret = NULL;
	struct err err = { 0 };

	cr_expect(!secret_open(&secret, "", NULL, 0, &err));
	cr_expect(!secret_open(&secret, "hunter 2", NULL, 0, &err));
	cr_expect(strstr(err.text, "unter") == NULL);
	cr_assert(secret_open(&secret, "hunter2", NULL, 0, &err));
	cr_expect_eq(secret_next_ns(secret), INT64_MAX);
	cr_expect_eq(secret_refresh(secret, 99 * S, &err), SECRET_SAME);
	expect_text(secret, "hunter2");
	secret_close(&secret);
	secret_close(&secret);
}

Test(secret, a_change_is_seen_at_most_once_a_second)
{
	struct secret *secret;
	struct err err = { 0 };

	write_text("one");
	secret = open_path();
	write_text("second\n");
	cr_expect_eq(secret_next_ns(secret), S);
	cr_expect_eq(secret_refresh(secret, S - 1, &err), SECRET_SAME);
	expect_text(secret, "one");
	cr_expect_eq(secret_refresh(secret, S, &err), SECRET_CHANGED);
	expect_text(secret, "second");
	cr_expect_eq(secret_refresh(secret, 2 * S, &err), SECRET_SAME);
	cr_expect_eq(secret_next_ns(secret), 3 * S);
	secret_close(&secret);
}

/* Mostly both writes fall into one tick of the file system's clock. */
Test(secret, a_write_in_the_same_tick_is_not_missed)
{
	struct err err = { 0 };

	for (int i = 0; i < 50; i++) {
		struct secret *secret;
		int fd;

		write_text("one");
		secret = open_path();
		fd = open(path, O_WRONLY);
		cr_assert_eq(pwrite(fd, "two", 3, 0), 3);
		close(fd);
		cr_expect_eq(secret_refresh(secret, S, &err), SECRET_CHANGED);
		expect_text(secret, "two");
		secret_close(&secret);
	}
}

Test(secret, a_swapped_link_is_followed)
{
	char one[120], two[120], link[120], temporary[120];
	struct secret *secret;
	struct err err = { 0 };

	snprintf(one, sizeof one, "%s/..1", dir);
	snprintf(two, sizeof two, "%s/..2", dir);
	cr_assert(mkdir(one, 0700) == 0 && mkdir(two, 0700) == 0);
	snprintf(link, sizeof link, "%s/..1/secret", dir);
	write_file(link, "one", 3);
	snprintf(link, sizeof link, "%s/..2/secret", dir);
	write_file(link, "two", 3);
	snprintf(link, sizeof link, "%s/..data", dir);
	snprintf(temporary, sizeof temporary, "%s/..tmp", dir);
	cr_assert_eq(symlink("..1", link), 0);
	cr_assert_eq(symlink("..data/secret", path), 0);

	secret = open_path();
	expect_text(secret, "one");
	cr_assert_eq(symlink("..2", temporary), 0);
	cr_assert_eq(rename(temporary, link), 0);
	cr_expect_eq(secret_refresh(secret, S, &err), SECRET_CHANGED);
	expect_text(secret, "two");
	secret_close(&secret);
}

Test(secret, an_unusable_file_keeps_the_old_secret_and_is_told_once)
{
	struct secret *secret;
	struct err err = { 0 };

	write_text("one");
	secret = open_path();
	write_text("not good");
	cr_expect_eq(secret_refresh(secret, 1 * S, &err), SECRET_UNUSABLE);
	cr_expect(strstr(err.text, path) != NULL, "%s", err.text);
	cr_expect(strstr(err.text, "not good") == NULL, "%s", err.text);
	for (int i = 2; i < 10; i++)
		cr_expect_eq(secret_refresh(secret, i * S, &err), SECRET_SAME);
	expect_text(secret, "one");

	unlink(path);
	cr_expect_eq(secret_refresh(secret, 10 * S, &err), SECRET_UNUSABLE);
	for (int i = 11; i < 20; i++)
		cr_expect_eq(secret_refresh(secret, i * S, &err), SECRET_SAME);
	expect_text(secret, "one");

	write_text("two");
	cr_expect_eq(secret_refresh(secret, 20 * S, &err), SECRET_CHANGED);
	expect_text(secret, "two");
	unlink(path);
	cr_expect_eq(secret_refresh(secret, 21 * S, &err), SECRET_UNUSABLE);
	write_text("two");
	cr_expect_eq(secret_refresh(secret, 22 * S, &err), SECRET_SAME);
	secret_close(&secret);
}

/* clang-format off */
static const struct {
	const char *text, *secret, *want;
} masks[] = {
	{ "no such thing", "hunter2", "no such thing" },
	{ "a hunter2 b hunter2", "hunter2", "a ******* b *******" },
	{ "hunter2hunter2", "hunter2", "**************" },
	{ "cut off: hunte", "hunter2", "cut off: *****" },
	{ "cut off: hun", "hunter2", "cut off: hun" },
	{ "x", "x", "*" },
	{ "", "hunter2", "" },
	{ "hunter2", "", "hunter2" },
};
/* clang-format on */

Test(secret, is_masked_in_what_others_say)
{
	for (size_t i = 0; i < COUNT(masks); i++) {
		char text[40];

		strcpy(text, masks[i].text);
		secret_mask(text, strlen(text), span_of(masks[i].secret));
		cr_expect_str_eq(text, masks[i].want);
	}
}
