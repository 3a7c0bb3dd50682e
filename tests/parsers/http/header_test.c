#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "parsers/http/header.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define UNSET    (-7)

/* 2026-11-24T10:00:00Z, a Tuesday. */
#define NOW_MS INT64_C(1795514400000)

/* clang-format off */
static const struct {
	const char *text;
	bool ok;
	uint64_t want;
} counts[] = {
	{ "0", true, 0 },
	{ "83334", true, 83334 },
	{ " 17\t", true, 17 },
	{ "007", true, 7 },
	{ "18446744073709551615", true, UINT64_MAX },
	{ "18446744073709551616", false, 0 },
	{ "99999999999999999999999", false, 0 },
	{ "", false, 0 },
	{ " ", false, 0 },
	{ "-1", false, 0 },
	{ "+1", false, 0 },
	{ "1.5", false, 0 },
	{ "1e3", false, 0 },
	{ "0x10", false, 0 },
	{ "1 2", false, 0 },
	{ "12;w=60", false, 0 },
	{ "soon", false, 0 },
};
static const struct {
	const char *text;
	int64_t want;	/* UNSET: absent */
} dates[] = {
	{ "Tue, 24 Nov 2026 10:00:00 GMT", NOW_MS },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777000 },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777000 },
	{ "Sun Nov  6 08:49:37 1994", 784111777000 },
	{ "Tuesday, 24-Nov-26 10:00:00 GMT", NOW_MS },
	{ "Tuesday, 24-Nov-76 10:00:00 GMT", 3373437600000 },
	{ "Thursday, 24-Nov-77 10:00:00 GMT", 249213600000 },
	{ "Tue Nov 24 10:00:00 2026", NOW_MS },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Thu, 29 Feb 2024 00:00:00 GMT", 1709164800000 },
	{ "Tue, 29 Feb 2000 00:00:00 GMT", 951782400000 },
	{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800000 },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799000 },
	{ "Mon, 24 Nov 2026 10:00:00 GMT", UNSET },	/* was a Tuesday */
	{ "Thu, 29 Feb 2023 00:00:00 GMT", UNSET },
	{ "Mon, 29 Feb 2100 00:00:00 GMT", UNSET },
	{ "Tue, 00 Nov 2026 10:00:00 GMT", UNSET },
	{ "Tue, 31 Nov 2026 10:00:00 GMT", UNSET },
	{ "Tue, 24 Nov 2026 24:00:00 GMT", UNSET },
	{ "Tue, 24 Nov 2026 10:60:00 GMT", UNSET },
	{ "Tue, 24 Nov 2026 10:00:61 GMT", UNSET },
	{ "Tue, 24 Nov 2026 10:00:00 UTC", UNSET },
	{ "Tue, 24 Nov 2026 10:00:00 +0000", UNSET },
	{ "Tue, 24 Nov 2026 10:00:00", UNSET },
	{ "Tue, 24 Nov 2026 10:00:00 GMTx", UNSET },
	{ "tue, 24 nov 2026 10:00:00 gmt", UNSET },
	{ "Tue, 4 Nov 2026 10:00:00 GMT", UNSET },
	{ "Tue, 24 Foo 2026 10:00:00 GMT", UNSET },
	{ "2026-11-24T10:00:00Z", UNSET },
	{ "", UNSET },
};
static const struct {
	const char *text;
	int64_t want;
} waits[] = {
	{ "0", 0 },
	{ "7", 7000 },
	{ "99999999999", INT64_C(99999999999000) },
	{ "9223372036854775", INT64_C(9223372036854775000) },
	{ "9223372036854776", UNSET },
	{ "Tue, 24 Nov 2026 10:00:42 GMT", 42000 },
	{ "Tue, 24 Nov 2026 09:59:00 GMT", 0 },
	{ "Tuesday, 24-Nov-26 10:00:42 GMT", 42000 },
	{ "-1", UNSET },
	{ "7s", UNSET },
	{ "7, 8", UNSET },
	{ "", UNSET },
};
/* clang-format on */

Test(header, a_count_is_digits_that_fit)
{
	for (size_t i = 0; i < COUNT(counts); i++) {
		uint64_t n = 0;

		cr_expect_eq(http_header_count(span_of(counts[i].text), &n),
		    counts[i].ok, "%s", counts[i].text);
		cr_expect_eq(n, counts[i].want, "%s", counts[i].text);
	}
}

Test(header, a_date_is_one_of_three_forms_and_exists)
{
	for (size_t i = 0; i < COUNT(dates); i++) {
		int64_t ms = UNSET;

		cr_expect_eq(
		    http_header_date(span_of(dates[i].text), NOW_MS, &ms),
		    dates[i].want != UNSET, "%s", dates[i].text);
		cr_expect_eq(ms, dates[i].want, "%s: %lld", dates[i].text,
		    (long long)ms);
	}
}

Test(header, no_beginning_of_a_date_is_a_date)
{
	for (size_t i = 0; i < 4; i++)
		for (size_t len = 0; len < strlen(dates[i].text); len++) {
			struct span cut = { dates[i].text, len };
			int64_t ms;

			cr_expect(!http_header_date(cut, NOW_MS, &ms), "%.*s",
			    (int)len, cut.at);
		}
}

Test(header, every_day_of_four_centuries_is_found)
{
	static const char weekdays[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon",
		"Tue", "Wed" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	static const int lengths[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	int64_t days = 0, ms;
	char text[64];

	for (int y = 1970; y < 2370; y++)
		for (int m = 0; m < 12; m++) {
			bool leap =
			    (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
			int length = lengths[m] + (m == 1 && leap);

			for (int d = 1; d <= length; d++, days++) {
				sprintf(text, "%s, %02d %s %d 00:00:01 GMT",
				    weekdays[days % 7], d, months[m], y);
				cr_assert(
				    http_header_date(span_of(text), 0, &ms),
				    "%s", text);
				cr_assert_eq(
				    ms, days * 86400000 + 1000, "%s", text);
			}
		}
}

Test(header, retry_after_is_seconds_or_a_date)
{
	for (size_t i = 0; i < COUNT(waits); i++) {
		int64_t ms = UNSET;

		cr_expect_eq(http_header_retry_after(
				 span_of(waits[i].text), NOW_MS, &ms),
		    waits[i].want != UNSET, "%s", waits[i].text);
		cr_expect_eq(ms, waits[i].want, "%s", waits[i].text);
	}
}
