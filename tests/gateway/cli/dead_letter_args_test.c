#include "gateway/cli/dead_letter_args.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MOST     8
#define NOW      INT64_C(1650070018771)

static bool
read_words(struct dead_letter_args *out, const char *const words[MOST],
    struct err *err)
{
	char *copy[MOST];
	size_t count = 0;

	for (; count < MOST && words[count] != NULL; count++)
		copy[count] = (char *)(uintptr_t)words[count];
	return dead_letter_args_read(out, copy, count, NOW, err);
}

Test(dead_words, are_taken_in_any_order)
{
	static const char *const words[MOST] = { "purge", "--table", "t", "DIR",
		"--before", "1h", "--json" };
	struct dead_letter_args got;
	struct err err = { 0 };

	cr_assert(read_words(&got, words, &err), "%s", err.text);
	cr_expect_eq(got.command, DEAD_LETTER_PURGE);
	cr_expect_str_eq(got.directory, "DIR");
	cr_expect_str_eq(got.table, "t");
	cr_expect_null(got.reason);
	cr_expect_eq(got.before_ms, NOW - 3600000);
	cr_expect(got.json);
	cr_expect_not(got.all);
}

Test(dead_words, that_are_not_said_mean_all)
{
	static const char *const words[MOST] = { "show" };
	struct dead_letter_args got;
	struct err err = { 0 };

	cr_assert(read_words(&got, words, &err), "%s", err.text);
	cr_expect_eq(got.command, DEAD_LETTER_SHOW);
	cr_expect_null(got.directory);
	cr_expect_null(got.table);
	cr_expect_eq(got.before_ms, INT64_MAX);
	cr_expect_eq(got.limit, UINT64_MAX);
	cr_expect_null(got.admin);
}

/* clang-format off */
static const struct {
	const char *words[MOST];
	const char *told;
} wrong[] = {
	{ { NULL },				"needs list, show" },
	{ { "burn", "D" },			"not burn" },
	{ { "list", "D", "E" },			"not also E" },
	{ { "list", "D", "--tabel", "t" },	"has no option --tabel" },
	{ { "list", "D", "--before", "7d" },	"list has no option --before" },
	{ { "replay", "D", "--all" },		"replay has no option --all" },
	{ { "show", "D", "--json" },		"show has no option --json" },
	{ { "show", "D", "--limit" },		"--limit needs N" },
	{ { "show", "D", "--limit", "-1" },	"must be a number" },
	{ { "show", "D", "--table", "" },	"--table needs T" },
	{ { "purge", "D" },			"needs to be told which" },
	{ { "purge", "D", "--before", "noon" },	"such as 7d" },
	{ { "purge", "D", "--all", "--table", "t" }, "no other choice" },
};
/* clang-format on */

Test(dead_words, a_slip_is_told_and_nothing_is_meant)
{
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct dead_letter_args got = { .limit = 77 };
		struct err err = { 0 };

		cr_expect_not(read_words(&got, wrong[i].words, &err), "%zu", i);
		cr_expect_not_null(
		    strstr(err.text, wrong[i].told), "%zu: %s", i, err.text);
		cr_expect_eq(got.limit, 77, "untouched");
	}
}
