#include <criterion/criterion.h>

#include <string.h>

#include "parsers/timestamp.h"
#include "parsers/utf8.h"
#include "tests/support/shared.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define UNTOUCHED 77
#define BAD       false, UNTOUCHED
#define GOOD(ms)  true, ms
#define DAY_2022  1650067200000 /* 2022-04-16 */

/* clang-format off */
static const struct {
	const char	*text;
	bool		 ok;
	int64_t		 ms;
} cases[] = {
	/* core */
	{ "2022-04-16T00:46:58.771Z",		GOOD(1650070018771) },
	{ "2022-04-16T00:46:58.771999",		GOOD(1650070018771) },
	{ "2022-04-16T00:46:58+02:00",		GOOD(1650062818000) },
	{ "2022-04-16T00:46:58+0200",		GOOD(1650062818000) },
	{ "2022-04-16T00:46:58-00:00",		GOOD(1650070018000) },
	{ "2022-04-16T00:46",			GOOD(1650069960000) },
	{ "2022-04-16T00:46:58.7Z",		GOOD(1650070018700) },
	{ "2022-04-16T00:46:58.123456789Z",	GOOD(1650070018123) },
	{ "2022-04-16",				GOOD(DAY_2022) },
	{ "2000-02-29",				GOOD(951782400000) },
	{ "1900-02-29",				BAD },
	{ "1970-01-01T00:00:00Z",		GOOD(0) },
	{ "1969-12-31T23:59:59.999Z",		GOOD(-1) },
	{ "0000-01-01T00:00:00Z",		GOOD(-62167219200000) },
	{ "0000-02-29",				GOOD(-62162121600000) },
	{ "9999-12-31T23:59:59.999Z",		GOOD(253402300799999) },
	/* unusual, all parsers agree */
	{ "2022-04",				GOOD(1648771200000) },
	{ "2022-W15",				GOOD(1649635200000) },
	{ "2022-W15-6",				GOOD(DAY_2022) },
	{ "2022-w15-6",				GOOD(DAY_2022) },
	{ "2022-106",				GOOD(DAY_2022) },
	{ "2022-4-16t0:46:58z",			GOOD(1650070018000) },
	{ "2022-04-16T00:46:58,771Z",		GOOD(1650070018771) },
	{ "2022-04-16T00:46:58+02",		GOOD(1650062818000) },
	{ "2022-04-16T00:46:58+02:00:30",	GOOD(1650062788000) },
	{ "2022-04-16T00:46:58+02:00:30.123",	GOOD(1650062787877) },
	{ "2022-04-16T00:46:58+02:00:30,1",	GOOD(1650062787900) },
	{ "2022-04-16T00:46:58+020030123",	GOOD(1650062787877) },
	{ "2022-04-16T00.5",			GOOD(1650069000000) },
	{ "2022-04-16T00:46.9",			GOOD(1650070014000) },
	{ "2022-04-16T",			GOOD(DAY_2022) },
	{ "2022-04-16TZ",			GOOD(DAY_2022) },
	{ "2022T",				GOOD(1640995200000) },
	{ "2020-366",				GOOD(1609372800000) },
	{ "2020-W53-7",				GOOD(1609632000000) },
	/* a fraction's digits are cut one by one, as upstream does */
	{ "1970-01-01T00.000001",		GOOD(3) },
	{ "1970-01-01T00.0000009",		GOOD(2) },
	/* a blank for the T */
	{ "2022-04-16 00:46:58",		GOOD(1650070018000) },
	{ "2022-04-16 00:46:58.771+02:00",	GOOD(1650062818771) },
	{ "2022-04-16 ",			GOOD(DAY_2022) },
	/* parsers disagree, or misread it */
	{ "2022",				BAD },
	{ "20220416",				BAD },
	{ "1650070018771",			BAD },
	{ "2022 10:00",				BAD },
	{ "T10:00",				BAD },
	{ "+2022-04-16",			BAD },
	{ "-2022-04-16",			BAD },
	{ "02022-04-16",			BAD },
	{ "22-04-16",				BAD },
	{ "2022-04-16 00:46:58 UTC",		BAD },
	{ "2022-04-16T00:46:58 PST",		BAD },
	{ " 2022-04-16T00:46:58Z",		BAD },
	{ "2022-04-16T00:46:58Z ",		BAD },
	{ "'2022-04-16T00:46:58Z'",		BAD },
	{ "",					BAD },
	/* nobody reads it */
	{ "20220416T004658Z",			BAD },
	{ "2022-04-16T24:00",			BAD },
	{ "2022-04-16T00:60",			BAD },
	{ "2022-04-16T00:00:60",		BAD },
	{ "2022-04-16T00:46:58.1234567890",	BAD },
	{ "2022-04-16T00:46:58.",		BAD },
	{ "2022-04-16Z",			BAD },
	{ "2022-04-16T00:46:58+2",		BAD },
	{ "2022-04-16T00:46:58-8:00",		BAD },
	{ "2022-04-16T00:46:58+24:00",		BAD },
	{ "2022-04-16T00:46:58+02:60",		BAD },
	{ "2022-04-16T00:46:58+0200:30",	BAD },
	{ "2022-04-16T00:46:58+02:0030",	BAD },
	{ "2022-04-16T00:46:58+02:00:30.1234",	BAD },
	{ "2022-04-16T00:46:58 +02:00",		BAD },
	{ "2022/04/16",				BAD },
	{ "Sat, 16 Apr 2022 00:46:58 GMT",	BAD },
	{ "2022-04-31",				BAD },
	{ "2022-02-29",				BAD },
	{ "2022-13",				BAD },
	{ "2022-00",				BAD },
	{ "2022-04-00",				BAD },
	{ "2022-000",				BAD },
	{ "2022-366",				BAD },
	{ "2022-W00",				BAD },
	{ "2022-W53",				BAD },
	{ "2022-W15-0",				BAD },
	{ "2022-W15-8",				BAD },
	{ "2022-",				BAD },
	{ "2022-04-",				BAD },
	{ "2022-04-16T-",			BAD },
	{ "2022-04-16X00:46",			BAD },
	{ "2022-04-1\xe0\xa7\xaa",		BAD },
	{ "2022-04-16T00:46:58\xe2\x88\x92" "02:00", BAD },
};
/* clang-format on */

Test(timestamp, reads_what_upstream_reads_alike_and_nothing_else)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ms = UNTOUCHED;
		bool ok =
		    timestamp_parse(cases[i].text, strlen(cases[i].text), &ms);

		cr_expect_eq(ok, cases[i].ok, "%s", cases[i].text);
		cr_expect_eq(
		    ms, cases[i].ms, "%s: %lld", cases[i].text, (long long)ms);
	}
}

Test(timestamp, a_nul_ends_nothing)
{
	int64_t ms;

	cr_expect_not(timestamp_parse("2022-04-16\0", 11, &ms));
	cr_expect_not(timestamp_parse("2022-04-16T00:46:58Z\0", 21, &ms));
}

/* Every day of 10,000 years, against a calendar that only counts. */
Test(timestamp, every_day_follows_the_one_before)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	int64_t want = -62167219200000, ms;
	char text[64];

	for (int year = 0; year < 10000; year++) {
		bool leap =
		    (year % 4 == 0) - (year % 100 == 0) + (year % 400 == 0);
		int ordinal = 0;

		for (int month = 1; month <= 12; month++) {
			int last = lengths[month - 1] + (month == 2 && leap);

			for (int day = 1; day <= last; day++) {
				snprintf(text, sizeof text, "%04d-%02d-%02d",
				    year, month, day);
				cr_assert(timestamp_parse(text, 10, &ms));
				cr_assert_eq(ms, want, "%s", text);
				snprintf(text, sizeof text, "%04d-%03d", year,
				    ++ordinal);
				cr_assert(timestamp_parse(text, 8, &ms));
				cr_assert_eq(ms, want, "%s", text);
				want += 86400000;
			}
			snprintf(text, sizeof text, "%04d-%02d-%02d", year,
			    month, last + 1);
			cr_assert_not(timestamp_parse(text, 10, &ms));
		}
	}
}

/* Undoes \uXXXX and \\ as the table has them. */
static size_t
unescape(char *text)
{
	char *to = text;

	for (const char *at = text; *at != '\0';) {
		char digits[5] = "";

		if (at[0] != '\\') {
			*to++ = *at++;
		} else if (at[1] == 'u') {
			memcpy(digits, at + 2, 4);
			to += utf8_encode(
			    (uint32_t)strtoul(digits, NULL, 16), to);
			at += 6;
		} else {
			*to++ = at[1];
			at += 2;
		}
	}
	return (size_t)(to - text);
}

/* Columns: input, iso, auto, TIME_PARSE, utc, tier. */
static void
check_row(char *row, size_t number)
{
	char *columns[6];
	int64_t ms = UNTOUCHED, want = UNTOUCHED;
	size_t len;
	bool ok;

	for (size_t i = 0; i < COUNT(columns); i++)
		columns[i] = strsep(&row, "\t");
	cr_assert_not_null(columns[5], "row %zu", number);
	len = unescape(columns[0]);
	ok = columns[5][0] == 'A' || columns[5][0] == 'B';
	if (ok)
		want = strtoll(columns[3], NULL, 10);
	cr_expect_eq(timestamp_parse(columns[0], len, &ms), ok, "row %zu: %s",
	    number, columns[0]);
	cr_expect_eq(ms, want, "row %zu: %s", number, columns[0]);
}

Test(timestamp, agrees_with_joda_on_every_row)
{
	size_t len, rows = 0;
	char *table = shared_read("timestamps.tsv", &len), *rest = table;

	if (table == NULL)
		return;
	strsep(&rest, "\n");
	for (char *row; (row = strsep(&rest, "\n")) != NULL;)
		if (*row != '\0')
			check_row(row, ++rows);
	cr_expect_eq(rows, 2457u, "%zu rows", rows);
	free(table);
}
