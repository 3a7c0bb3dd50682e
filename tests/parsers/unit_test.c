#include <criterion/criterion.h>

#include <string.h>

#include "parsers/unit.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define UNTOUCHED 77

/* clang-format off */
static const struct {
	enum unit	 unit;
	const char	*text;
	uint64_t	 want;
} good[] = {
	{ UNIT_COUNT, "0",			0 },
	{ UNIT_COUNT, "8080",			8080 },
	{ UNIT_COUNT, "18446744073709551615",	UINT64_MAX },
	{ UNIT_BYTES, "0",			0 },
	{ UNIT_BYTES, "4096",			4096 },
	{ UNIT_BYTES, "1KB",			1000 },
	{ UNIT_BYTES, "1KiB",			1024 },
	{ UNIT_BYTES, "16MB",			16000000 },
	{ UNIT_BYTES, "16MiB",			16777216 },
	{ UNIT_BYTES, "3GB",			UINT64_C(3000000000) },
	{ UNIT_BYTES, "10GiB",			UINT64_C(10737418240) },
	{ UNIT_BYTES, "17179869183GiB",		UINT64_C(18446744072635809792) },
	{ UNIT_TIME,  "0",			0 },
	{ UNIT_TIME,  "0s",			0 },
	{ UNIT_TIME,  "250ms",			250 },
	{ UNIT_TIME,  "25s",			25000 },
	{ UNIT_TIME,  "10m",			600000 },
	{ UNIT_TIME,  "2h",			7200000 },
	{ UNIT_TIME,  "7d",			604800000 },
	{ UNIT_TIME,  "4000000d",		UINT64_C(345600000000000) },
};

static const struct {
	const char	*what;
	enum unit	 unit;
	const char	*text;
	const char	*says;
} bad[] = {
	{ "nothing",		   UNIT_COUNT, "",	"whole number" },
	{ "a sign",		   UNIT_COUNT, "-1",	"whole number" },
	{ "a plus",		   UNIT_COUNT, "+1",	"whole number" },
	{ "a blank before",	   UNIT_COUNT, " 1",	"whole number" },
	{ "a blank behind",	   UNIT_COUNT, "1 ",	"whole number" },
	{ "octal, perhaps",	   UNIT_COUNT, "080",	"whole number" },
	{ "hexadecimal",	   UNIT_COUNT, "0x50",	"whole number" },
	{ "a fraction",		   UNIT_COUNT, "8.5",	"whole number" },
	{ "a separator",	   UNIT_COUNT, "1_000",	"whole number" },
	{ "a count has no unit",   UNIT_COUNT, "1KB",	"whole number" },
	{ "an exponent",	   UNIT_COUNT, "1e6",	"whole number" },
	{ "one too many",	   UNIT_COUNT, "18446744073709551616", "whole number" },
	{ "a fraction of a size",  UNIT_BYTES, "1.5GiB",	"KiB MiB GiB" },
	{ "a blank inside",	   UNIT_BYTES, "1 MB",	"KiB MiB GiB" },
	{ "lower case",		   UNIT_BYTES, "1mb",	"KiB MiB GiB" },
	{ "half a unit",	   UNIT_BYTES, "1M",	"KiB MiB GiB" },
	{ "terabytes",		   UNIT_BYTES, "1TB",	"KiB MiB GiB" },
	{ "a unit alone",	   UNIT_BYTES, "MB",	"KiB MiB GiB" },
	{ "an overflow",	   UNIT_BYTES, "17179869184GiB", "too large" },
	{ "a long overflow",	   UNIT_BYTES, "99999999999GiB", "too large" },
	{ "a time without unit",   UNIT_TIME,  "250",	"needs a unit" },
	{ "zero, twice",	   UNIT_TIME,  "00",	"500ms" },
	{ "two units",		   UNIT_TIME,  "1m30s",	"500ms" },
	{ "microseconds",	   UNIT_TIME,  "5us",	"500ms" },
	{ "minutes spelled out",   UNIT_TIME,  "5min",	"500ms" },
	{ "a day too many",	   UNIT_TIME,  "4000001d", "4000000d" },
	{ "a time that overflows", UNIT_TIME,  "18446744073709551615d", "4000000d" },
};

static const struct {
	enum unit	 unit;
	uint64_t	 value;
	const char	*want;
} printed[] = {
	{ UNIT_COUNT, 0,		"0" },
	{ UNIT_COUNT, 83334,		"83334" },
	{ UNIT_COUNT, UINT64_MAX,	"18446744073709551615" },
	{ UNIT_BYTES, 0,		"0" },
	{ UNIT_BYTES, 1,		"1" },
	{ UNIT_BYTES, 1000,		"1KB" },
	{ UNIT_BYTES, 1024,		"1KiB" },
	{ UNIT_BYTES, 1001,		"1001" },
	{ UNIT_BYTES, 1000000,		"1MB" },
	{ UNIT_BYTES, 1048576,		"1MiB" },
	{ UNIT_BYTES, 1024000,		"1000KiB" },
	{ UNIT_BYTES, 100000000,	"100MB" },
	{ UNIT_BYTES, UINT64_MAX,	"18446744073709551615" },
	{ UNIT_TIME,  0,		"0s" },
	{ UNIT_TIME,  500,		"500ms" },
	{ UNIT_TIME,  1500,		"1500ms" },
	{ UNIT_TIME,  25000,		"25s" },
	{ UNIT_TIME,  90000,		"90s" },
	{ UNIT_TIME,  3600000,		"1h" },
	{ UNIT_TIME,  UNIT_MS_MAX,	"4000000d" },
};
/* clang-format on */

Test(unit, reads_what_operators_write)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct err err = { 0 };
		uint64_t got = UNTOUCHED;

		cr_expect(unit_parse(good[i].unit, good[i].text, &got, &err),
		    "%s: %s", good[i].text, err.text);
		cr_expect_eq(got, good[i].want, "%s", good[i].text);
		cr_expect_eq(err.kind, ERR_NONE, "%s", good[i].text);
	}
}

Test(unit, refuses_the_rest_and_says_what_is_allowed)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err err = { 0 };
		uint64_t got = UNTOUCHED;

		cr_expect(!unit_parse(bad[i].unit, bad[i].text, &got, &err),
		    "%s", bad[i].what);
		cr_expect_eq(got, UNTOUCHED, "%s", bad[i].what);
		cr_expect_eq(err.kind, ERR_INPUT, "%s", bad[i].what);
		cr_expect_not_null(strstr(err.text, bad[i].says), "%s: %s",
		    bad[i].what, err.text);
	}
}

Test(unit, prints_with_the_largest_unit_that_divides)
{
	for (size_t i = 0; i < COUNT(printed); i++) {
		char text[UNIT_TEXT_MAX];

		unit_print(printed[i].unit, printed[i].value, text);
		cr_expect_str_eq(text, printed[i].want);
	}
}

/* Powers, their neighbours and their multiples: where a unit could lie. */
Test(unit, reads_back_exactly_what_it_prints)
{
	for (enum unit unit = UNIT_COUNT; unit <= UNIT_TIME; unit++)
		for (uint64_t step = 1; step < UNIT_MS_MAX; step *= 2)
			for (uint64_t by = 1; by <= 1000000; by *= 10)
				for (uint64_t off = 0; off < 3; off++) {
					uint64_t got = 0, value;
					struct err err = { 0 };
					char text[UNIT_TEXT_MAX];

					value = step * by + off - 1;
					if (value > UNIT_MS_MAX)
						continue;
					unit_print(unit, value, text);
					cr_assert(
					    unit_parse(unit, text, &got, &err),
					    "%s", text);
					cr_assert_eq(got, value, "%s", text);
				}
}
