/* store_rotate_test - letters are kept while others remove some. */
#include "tests/gateway/deadletter/store_rig.h"

TestSuite(deadletter_store_rotate, .init = begin, .fini = end);

Test(deadletter_store_rotate, a_rotation_leaves_the_files_before_to_the_caller)
{
	struct deadletter_store_ref before, since;
	struct err err = { 0 };
	uint64_t last = 0;

	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_STORE_KEPT);
	before = place;
	cr_expect_eq(deadletter_store_append(letters, SPAN("b\n"), NULL, &err),
	    DEADLETTER_STORE_KEPT);
	cr_assert(deadletter_store_rotate(letters, &last, &err));
	cr_expect_eq(last, 1);
	cr_expect_not(
	    deadletter_store_rotation_done(letters), "the first may go yet");
	cr_expect_eq(keep("c\n"), DEADLETTER_STORE_KEPT);
	since = place;
	cr_expect_str_eq(text_of(FIRST), "a\nb\n");
	cr_expect_str_eq(text_of(SECOND), "c\n");
	cr_expect(take_back(since));
	cr_expect_not(deadletter_store_rotation_done(letters));
	cr_expect(take_back(before));
	cr_expect(deadletter_store_rotation_done(letters));
	cr_expect_str_eq(text_of(FIRST), " \nb\n");
}

Test(deadletter_store_rotate, letters_that_stay_do_not_delay_a_rotation)
{
	struct err err = { 0 };
	uint64_t last;

	start(MIB);
	cr_assert(deadletter_store_rotate(letters, &last, &err));
	cr_expect_eq(last, 0, "none was there");
	cr_expect_eq(keep("a\n"), DEADLETTER_STORE_KEPT);
	cr_expect(deadletter_store_rotation_done(letters),
	    "it came after the rotation");
	cr_assert(deadletter_store_rotate(letters, &last, &err));
	cr_expect_not(deadletter_store_rotation_done(letters));
	deadletter_store_release(letters, &place);
	cr_expect(deadletter_store_rotation_done(letters));
	deadletter_store_release(letters, &(struct deadletter_store_ref){ 0 });
}

/* The last of a file that a turn has left may still be cut off. */
Test(deadletter_store_rotate, letters_can_be_taken_back_after_a_rotation)
{
	struct err err = { 0 };
	uint64_t last;

	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_STORE_KEPT);
	cr_assert(deadletter_store_rotate(letters, &last, &err));
	cr_expect(take_back(place));
	cr_expect_str_eq(text_of(FIRST), "");
	cr_expect_eq(keep("b\n"), DEADLETTER_STORE_KEPT);
	cr_expect_str_eq(text_of(SECOND), "b\n");
}

Test(deadletter_store_rotate, removed_files_are_counted_again)
{
	char path[128];

	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_STORE_KEPT);
	snprintf(path, sizeof path, "%s/" FIRST, folder);
	cr_assert_eq(unlink(path), 0);
	cr_expect_eq(deadletter_store_bytes(letters), 2);
	deadletter_store_recount(letters);
	cr_expect_eq(deadletter_store_bytes(letters), 0);
}
