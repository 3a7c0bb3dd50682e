#include <criterion/criterion.h>

#include "gateway/base/duration.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	double ms;
	const char *words;
} rows[] = {
	{ -1, "-" },
	{ 0, "0 ms" },
	{ 999, "999 ms" },
	{ 1000, "1.0 s" },
	{ 9900, "9.9 s" },
	{ 10000, "10 s" },
	{ 119000, "119 s" },
	{ 120000, "2 min" },
	{ 7199999, "120 min" },
	{ 7200000, "2.0 h" },
	{ 1e12, "277777.8 h" },
};

Test(duration, each_length_is_said_in_its_unit)
{
	char text[DURATION_MAX];

	for (size_t i = 0; i < COUNT(rows); i++)
		cr_expect_str_eq(
		    duration_words(rows[i].ms, text), rows[i].words);
}
