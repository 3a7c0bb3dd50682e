#include <criterion/criterion.h>

#include <string.h>

#include "parsers/err.h"

Test(err, setting_it_says_false_and_fills_every_field)
{
	struct err err = { 0 };

	cr_expect(!err_set(&err, ERR_LIMIT, 17, "%d of %s", 3, "four"));
	cr_expect_eq(err.kind, ERR_LIMIT);
	cr_expect_eq(err.at, 17);
	cr_expect_str_eq(err.text, "3 of four");
}

Test(err, a_later_reason_replaces_an_earlier_one)
{
	struct err err = { 0 };

	err_set(&err, ERR_HOST, 5, "the first and longer one");
	err_set(&err, ERR_INPUT, 0, "second");
	cr_expect_eq(err.kind, ERR_INPUT);
	cr_expect_eq(err.at, 0);
	cr_expect_str_eq(err.text, "second");
}

Test(err, a_long_text_is_cut_and_stays_a_string)
{
	char text[2 * sizeof((struct err){ 0 }.text)];
	struct err err = { 0 };

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	err_set(&err, ERR_INPUT, 0, "%s", text);
	cr_expect_eq(strlen(err.text), sizeof err.text - 1);
}
