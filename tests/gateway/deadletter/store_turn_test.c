/* deadletter_turn_test - letters are kept while others remove some. */
#include "tests/gateway/deadletter/store_rig.h"

TestSuite(deadletter_turn, .init = begin, .fini = end);

Test(deadletter_turn, a_turn_leaves_what_is_there_to_another)
{
	struct deadletter_place before, since;
	struct err err = { 0 };
	uint64_t last = 0;

	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	before = place;
	cr_expect_eq(
	    deadletter_keep(letters, SPAN("b\n"), NULL, &err), DEADLETTER_KEPT);
	cr_assert(deadletter_turn(letters, &last, &err));
	cr_expect_eq(last, 1);
	cr_expect_not(deadletter_turned(letters), "the first may go yet");
	cr_expect_eq(keep("c\n"), DEADLETTER_KEPT);
	since = place;
	cr_expect_str_eq(text_of(FIRST), "a\nb\n");
	cr_expect_str_eq(text_of(SECOND), "c\n");
	cr_expect(take_back(since));
	cr_expect_not(deadletter_turned(letters));
	cr_expect(take_back(before));
	cr_expect(deadletter_turned(letters));
	cr_expect_str_eq(text_of(FIRST), " \nb\n");
}

Test(deadletter_turn, letters_that_stay_hold_no_turn_up)
{
	struct err err = { 0 };
	uint64_t last;

	start(MIB);
	cr_assert(deadletter_turn(letters, &last, &err));
	cr_expect_eq(last, 0, "none was there");
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	cr_expect(deadletter_turned(letters), "it came after the turn");
	cr_assert(deadletter_turn(letters, &last, &err));
	cr_expect_not(deadletter_turned(letters));
	deadletter_leave(letters, &place);
	cr_expect(deadletter_turned(letters));
	deadletter_leave(letters, &(struct deadletter_place){ 0 });
}

/* The last of a file that a turn has left may still be cut off. */
Test(deadletter_turn, taking_back_after_a_turn_is_taking_back)
{
	struct err err = { 0 };
	uint64_t last;

	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	cr_assert(deadletter_turn(letters, &last, &err));
	cr_expect(take_back(place));
	cr_expect_str_eq(text_of(FIRST), "");
	cr_expect_eq(keep("b\n"), DEADLETTER_KEPT);
	cr_expect_str_eq(text_of(SECOND), "b\n");
}

Test(deadletter_turn, who_removes_files_has_them_counted_again)
{
	char path[128];

	start(MIB);
	cr_expect_eq(keep("a\n"), DEADLETTER_KEPT);
	snprintf(path, sizeof path, "%s/" FIRST, folder);
	cr_assert_eq(unlink(path), 0);
	cr_expect_eq(deadletter_bytes(letters), 2);
	deadletter_recount(letters);
	cr_expect_eq(deadletter_bytes(letters), 0);
}
