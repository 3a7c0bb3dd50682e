/* store_repair_test - what a crash left is repaired at the start. */
#include "tests/gateway/deadletter/store_rig.h"

TestSuite(deadletter_repair, .init = begin, .fini = end);

/* clang-format off */
static const struct {
	const char *torn, *left;
} ends[] = {
	{ "",			"a\n" },
	{ "{\"at\":\"20",	"a\n" },
	{ "b\n{",		"a\nb\n" },
	{ "\n",			"a\n\n" },
};
/* clang-format on */

Test(deadletter_repair, a_torn_end_is_cut_off_at_the_start)
{
	char want[128];

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		start(MIB);
		cr_expect_eq(keep("a\n"), DEADLETTER_STORE_KEPT);
		deadletter_store_close(&letters);
		append_to(FIRST, ends[i].torn);
		start(MIB);
		cr_expect_str_eq(text_of(FIRST), ends[i].left, "%zu", i);
		cr_expect_eq(
		    deadletter_store_bytes(letters), strlen(ends[i].left));
		cr_expect_eq(keep("z\n"), DEADLETTER_STORE_KEPT);
		snprintf(want, sizeof want, "%sz\n", ends[i].left);
		cr_expect_str_eq(text_of(FIRST), want, "%zu", i);
		deadletter_store_close(&letters);
		snprintf(want, sizeof want, "%s/%s", folder, FIRST);
		unlink(want);
	}
}

Test(deadletter_repair, a_torn_end_may_be_long_and_a_file_all_of_it)
{
	static char torn[20000];

	memset(torn, 'x', sizeof torn - 1);
	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_STORE_KEPT);
	deadletter_store_close(&letters);
	append_to(FIRST, torn);
	append_to(SECOND, torn);
	start(MIB);
	cr_expect_str_eq(text_of(SECOND), "");
	cr_expect_eq(keep("b\n"), DEADLETTER_STORE_KEPT);
	cr_expect_str_eq(text_of(SECOND), "b\n");
}

/* Bytes with NULs among them, at the end of the file. */
static void
append_bytes(const char *name, const char *bytes, size_t len)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "a");
	cr_assert_not_null(file);
	cr_assert_eq(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

/* clang-format off */
#define BYTES(text) text, sizeof text - 1

static const struct {
	const char *left;
	size_t len;
	const char *made;
} holes[] = {
	{ BYTES("b\0b\n"),		"a\n   \nz\n" },
	{ BYTES("\0\0\n"),		"a\n  \nz\n" },
	{ BYTES("\0b\nc\nd\0\n"),	"a\n  \nc\n  \nz\n" },
	{ BYTES("b\nc\0\nd"),		"a\nb\n  \nz\n" },
	{ BYTES("b\nc\0"),		"a\nb\nz\n" },
};
/* clang-format on */

Test(deadletter_repair, what_a_power_cut_left_with_holes_is_blanked)
{
	char path[128];

	for (size_t i = 0; i < sizeof holes / sizeof holes[0]; i++) {
		start(MIB);
		cr_expect_eq(keep("a\n"), DEADLETTER_STORE_KEPT);
		deadletter_store_close(&letters);
		append_bytes(FIRST, holes[i].left, holes[i].len);
		start(MIB);
		cr_expect_eq(keep("z\n"), DEADLETTER_STORE_KEPT);
		cr_expect_str_eq(text_of(FIRST), holes[i].made, "%zu", i);
		deadletter_store_close(&letters);
		snprintf(path, sizeof path, "%s/%s", folder, FIRST);
		unlink(path);
	}
}

Test(deadletter_repair, an_older_file_is_healed_too)
{
	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_STORE_KEPT);
	deadletter_store_close(&letters);
	append_bytes(FIRST, BYTES("b\0\nc"));
	append_to(SECOND, "y\n");
	start(MIB);
	cr_expect_str_eq(text_of(FIRST), "a\n  \n");
	cr_expect_str_eq(text_of(SECOND), "y\n");
	cr_expect_eq(deadletter_store_bytes(letters), 7);
}

Test(deadletter_repair, a_start_clears_away_what_a_crash_left_of_a_sweep)
{
	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_STORE_KEPT);
	deadletter_store_close(&letters);
	append_to(FIRST ".new", "half of a");
	append_to("notes.new", "a person's");
	start(MIB);
	cr_expect_str_eq(text_of(FIRST ".new"), "");
	cr_expect_str_eq(text_of("notes.new"), "a person's");
	cr_expect_str_eq(text_of(FIRST), "a\n");
}
